import type { TransferListItem, Worker } from 'node:worker_threads';
import { PersistenceError } from '../../services/errors.ts';
import { type Answer, fromWire, type Request } from './messages.ts';

type WithoutId<T> = T extends unknown ? Omit<T, 'id'> : never;
export type Notice = Extract<Answer, { readonly notice: string }>;

interface Call {
  resolve(result: unknown): void;
  reject(error: PersistenceError): void;
}

/** The main thread's end of a worker: calls and their answers. Keeps the process alive while a call is under way, and only then. */
export class Thread<R extends Request> {
  readonly #worker: Worker;
  readonly #calls = new Map<number, Call>();
  #lastId = 0;
  #ended: PersistenceError | undefined;

  /** `onEnd` is called once when the worker dies by itself. */
  constructor(
    worker: Worker,
    name: string,
    onNotice: (notice: Notice) => void,
    onEnd: (error: PersistenceError) => void,
  ) {
    this.#worker = worker;
    worker.unref();
    worker.on('message', (answer: Answer) => {
      if ('notice' in answer) onNotice(answer);
      else this.#settle(answer);
    });
    const died = (why: string, cause?: unknown) => {
      if (this.#ended) return;
      const error = new PersistenceError(`the ${name} thread of the store ${why}`, { cause });
      this.#end(error);
      onEnd(error);
    };
    worker.on('error', error => died(`failed: ${error.message}`, error));
    worker.on('messageerror', error => died('sent what can not be read', error));
    worker.on('exit', code => died(`ended with code ${code}`));
  }

  call(request: WithoutId<R>, transfer: readonly TransferListItem[] = []): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.#ended) {
        reject(this.#ended);
        return;
      }
      this.#lastId += 1;
      const id = this.#lastId;
      this.#worker.postMessage({ id, ...request }, transfer);
      if (this.#calls.size === 0) this.#worker.ref();
      this.#calls.set(id, { resolve, reject });
    });
  }

  /** Ends the worker; what is under way is rejected. */
  async end(error: PersistenceError): Promise<void> {
    this.#end(error);
    await this.#worker.terminate();
  }

  #settle(answer: Exclude<Answer, Notice>): void {
    const call = this.#calls.get(answer.id);
    if (!call) return; // rejected when the worker was ended, which has to keep the process alive until it is done
    this.#calls.delete(answer.id);
    if (this.#calls.size === 0) this.#worker.unref();
    if ('error' in answer) call.reject(fromWire(answer.error));
    else call.resolve(answer.result);
  }

  #end(error: PersistenceError): void {
    this.#ended ??= error;
    this.#worker.unref();
    const calls = [...this.#calls.values()];
    this.#calls.clear();
    for (const call of calls) call.reject(error);
  }
}
