import { setTimeout as sleep } from 'node:timers/promises';
import {
  CircuitOpenError,
  OperationCancelledError,
  OperationExhaustedError,
  OperationFailedError,
  type RecoveryError,
} from '../../../services/errors.ts';
import { RecoveryState } from '../../../services/ports.ts';
import { ServerUnreachableError } from '../../http-client/index.ts';
import { isFinal } from '../display/status.ts';
import type { OperationDetails } from './workplace.ts';

const AGAIN = 1_000;

interface Waiting {
  readonly promise: Promise<unknown>;
  readonly resolve: (output: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** Waits for the ends of operations at a server. What a feed tells only says when to look: the end itself is asked for. */
export class Endings {
  readonly #details: (id: string) => Promise<OperationDetails>;
  readonly #again: number;
  readonly #states = new Map<string, RecoveryState>();
  readonly #waiting = new Map<string, Waiting>();
  /** Who is being looked at, and whether there has been news of it since. */
  readonly #looking = new Map<string, boolean>();
  readonly #over = new AbortController();

  /** @param again milliseconds after which a server that has just gone away is asked again */
  constructor(details: (id: string) => Promise<OperationDetails>, again = AGAIN) {
    this.#details = details;
    this.#again = again;
  }

  /** @param state what it was when it was last asked for; what was heard since is newer */
  wait(id: string, state: RecoveryState): Promise<unknown> {
    const known = this.#waiting.get(id);
    if (known !== undefined) return known.promise;
    const waiting = deferred();
    this.#waiting.set(id, waiting);
    if (isFinal(this.#states.get(id) ?? state)) void this.#look(id);
    return waiting.promise;
  }

  /** A feed has told of an operation. */
  heard(id: string, state: RecoveryState): void {
    this.#states.set(id, state);
    if (isFinal(state) && this.#waiting.has(id)) void this.#look(id);
  }

  /** Something may have been missed. */
  lookAtAll(): void {
    for (const id of this.#waiting.keys()) void this.#look(id);
  }

  /** Nobody will hear any more. */
  fail(error: unknown): void {
    this.#over.abort();
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }

  async #look(id: string): Promise<void> {
    const looking = this.#looking.has(id);
    this.#looking.set(id, looking);
    if (looking) return;
    try {
      const details = await this.#found(id);
      if (details === undefined || !isFinal(details.view.state)) return;
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (details.view.state === RecoveryState.SUCCESS) waiting?.resolve(details.view.output);
      else waiting?.reject(endingError(details));
    } catch (error) {
      this.#waiting.get(id)?.reject(error);
      this.#waiting.delete(id);
    } finally {
      const news = this.#looking.get(id);
      this.#looking.delete(id);
      // The answer may be older than the news.
      if (news && this.#waiting.has(id)) void this.#look(id);
    }
  }

  /** Undefined when it is over. A server that was killed comes back; the feed says so if it does not let anyone in any more. */
  async #found(id: string): Promise<OperationDetails | undefined> {
    const { signal } = this.#over;
    while (!signal.aborted) {
      try {
        return await this.#details(id);
      } catch (error) {
        if (!(error instanceof ServerUnreachableError)) throw error;
        await sleep(this.#again, undefined, { signal }).catch(() => undefined);
      }
    }
    return undefined;
  }
}

/** The error that `result()` of a handle would reject with. */
function endingError({ view, history }: OperationDetails): RecoveryError {
  const { id, name, state, attempt, error } = view;
  const reason = history.at(-1)?.reason ?? null;
  const message = reason?.message ?? 'no reason was kept';
  const options = {
    ...(error === undefined ? {} : { cause: error }),
    details: { operationId: id, name, attempt, ...reason, message },
  };
  const words = `operation "${id}" (${name}) is ${state}: ${message}`;
  if (state === RecoveryState.EXHAUSTED) return new OperationExhaustedError(words, options);
  if (reason?.kind === 'cancelled') return new OperationCancelledError(words, options);
  if (reason?.kind === 'circuit_open') return new CircuitOpenError(words, options);
  return new OperationFailedError(words, options);
}

function deferred(): Waiting {
  let resolve: Waiting['resolve'] = () => {};
  let reject: Waiting['reject'] = () => {};
  const promise = new Promise<unknown>((settle, refuse) => {
    resolve = settle;
    reject = refuse;
  });
  return { promise, resolve, reject };
}
