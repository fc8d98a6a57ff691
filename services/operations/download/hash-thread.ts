import { Worker } from 'node:worker_threads';
import type { Written } from './block-writer.ts';
import type { Algorithm, Digests } from './digests.ts';
import type { Hasher } from './file-hash.ts';
import type { HashAnswer, HashOrder } from './hash-worker.ts';

interface Waiter {
  readonly resolve: (digests: Digests) => void;
  readonly reject: (error: unknown) => void;
}

interface Thread {
  readonly worker: Worker;
  readonly hashers: Map<number, ThreadHasher>;
}

/** Blocks that the thread is given at a time; what is further on it reads from the file. */
const LENT = 4;

/** One for the process, while any file needs it. */
let thread: Thread | undefined;
let ids = 0;

/** A hasher whose work is done by a thread of its own, which all such hashers of the process share. */
export class ThreadHasher implements Hasher {
  readonly #id = ids++;
  readonly #thread = borrow();
  /** Of each block that the thread has, who wants it back. */
  readonly #lent: ((memory: ArrayBuffer) => void)[] = [];
  #waiter: Waiter | undefined;
  #failure: { readonly error: unknown } | undefined;
  #closed = false;

  constructor(path: string, algorithms: readonly Algorithm[]) {
    this.#thread.hashers.set(this.#id, this);
    this.#send({ kind: 'open', id: this.#id, path, algorithms });
  }

  advance(to: number, last?: Written): boolean {
    if (last === undefined || this.#lent.length >= LENT) {
      this.#send({ kind: 'advance', id: this.#id, to, last: undefined });
      return false;
    }
    this.#lent.push(last.giveBack);
    const { buffer, byteOffset, length } = last.bytes;
    const bytes = new Uint8Array(buffer, byteOffset, length);
    this.#send({ kind: 'advance', id: this.#id, to, last: bytes }, [bytes.buffer]);
    return true;
  }

  /** The thread does not need the block any more that it was given first. */
  returned(memory: ArrayBuffer): void {
    this.#lent.shift()?.(memory);
  }

  digests(): Promise<Digests> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) {
        reject(this.#failure.error);
        return;
      }
      this.#waiter = { resolve, reject };
      this.#thread.worker.ref();
      this.#send({ kind: 'finish', id: this.#id });
    });
  }

  /** Its answer has come, or the thread has ended. */
  answered({ digests, error }: Pick<HashAnswer, 'digests' | 'error'>): void {
    const waiter = this.#waiter;
    this.#waiter = undefined;
    if (digests !== undefined) {
      waiter?.resolve(digests);
    } else {
      this.#failure = { error };
      waiter?.reject(error);
    }
  }

  get waits(): boolean {
    return this.#waiter !== undefined;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#send({ kind: 'close', id: this.#id });
    this.#thread.hashers.delete(this.#id);
    giveBack(this.#thread);
  }

  #send(order: HashOrder, given: readonly ArrayBuffer[] = []): void {
    this.#thread.worker.postMessage(order, given);
  }
}

function borrow(): Thread {
  if (thread !== undefined) return thread;
  const hashers = new Map<number, ThreadHasher>();
  const worker = new Worker(new URL('./hash-worker.js', import.meta.url), {
    execArgv: [], // some of the program's own flags, such as --input-type, stop a worker from starting
    resourceLimits: { maxYoungGenerationSizeMb: 4 },
  });
  const borrowed = { worker, hashers };
  // It keeps the process alive only while somebody waits for it.
  worker.unref();
  worker.on('message', ({ id, ...answer }: HashAnswer) => {
    if (answer.memory !== undefined) {
      hashers.get(id)?.returned(answer.memory);
      return;
    }
    hashers.get(id)?.answered(answer);
    if (![...hashers.values()].some(hasher => hasher.waits)) worker.unref();
  });
  worker.on('error', error => {
    if (thread === borrowed) thread = undefined;
    for (const hasher of hashers.values()) hasher.answered({ error });
  });
  thread = borrowed;
  return borrowed;
}

function giveBack(borrowed: Thread): void {
  if (borrowed.hashers.size > 0) return;
  if (thread === borrowed) thread = undefined;
  // Orders are obeyed one after the other: this ends it behind the last one.
  borrowed.worker.terminate().catch(() => undefined);
}
