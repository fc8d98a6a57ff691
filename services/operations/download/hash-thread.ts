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
  isReady: boolean;
  readonly ready: Promise<void>;
  readonly hashers: Map<number, ThreadHasher>;
}

/** One for the process, while any file needs it. */
let thread: Thread | undefined;
let ids = 0;

/** A hasher whose work is done by a thread of its own, which all such hashers of the process share. */
export class ThreadHasher implements Hasher {
  readonly #id = ids++;
  readonly #thread = borrow();
  /** Of all that the thread has, in its order, who wants it back. */
  #lent: (() => void)[] = [];
  #waiter: Waiter | undefined;
  #failure: { readonly error: unknown } | undefined;
  #closed = false;

  constructor(path: string, algorithms: readonly Algorithm[]) {
    this.#thread.hashers.set(this.#id, this);
    this.#send({ kind: 'open', id: this.#id, path, algorithms });
  }

  /** Resolves when the thread has started. */
  get ready(): Promise<void> {
    return this.#thread.ready;
  }

  /** Nothing is lent before the thread has started: nobody has to wait for that, and it reads soon enough what it has missed. */
  advance(to: number, last?: Written): boolean {
    const mayLend = this.#thread.isReady && this.#failure === undefined && !this.#closed;
    const isLent = last !== undefined && mayLend;
    if (isLent) this.#lent.push(last.giveBack);
    this.#send({ kind: 'advance', id: this.#id, to, last: isLent ? last.bytes : undefined });
    return isLent;
  }

  /** The thread does not need any more what it was given first. */
  returned(): void {
    this.#lent.shift()?.();
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

  answered(digests: Digests): void {
    this.#waiter?.resolve(digests);
    this.#waiter = undefined;
  }

  /** It cannot go on, or the thread has ended. */
  failed(error: unknown): void {
    this.#failure = { error };
    this.#takeBack();
    this.#waiter?.reject(error);
    this.#waiter = undefined;
  }

  get waits(): boolean {
    return this.#waiter !== undefined;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#send({ kind: 'close', id: this.#id });
    this.#thread.hashers.delete(this.#id);
    this.#takeBack();
    giveBack(this.#thread);
  }

  /** Nothing comes of it any more, so whatever the thread may still read there does no harm. */
  #takeBack(): void {
    const lent = this.#lent;
    this.#lent = [];
    for (const giveBack of lent) giveBack();
  }

  #send(order: HashOrder): void {
    this.#thread.worker.postMessage(order);
  }
}

function borrow(): Thread {
  if (thread !== undefined) return thread;
  const hashers = new Map<number, ThreadHasher>();
  const worker = new Worker(new URL('./hash-worker.js', import.meta.url), {
    execArgv: [], // some of the program's own flags, such as --input-type, stop a worker from starting
    resourceLimits: { maxYoungGenerationSizeMb: 4 },
  });
  let start = (): void => undefined;
  const ready = new Promise<void>(resolve => {
    start = resolve;
  });
  const borrowed: Thread = { worker, hashers, ready, isReady: false };
  // It keeps the process alive only while somebody waits for it.
  worker.unref();
  worker.on('message', (answer: HashAnswer) => {
    if (answer.kind === 'ready') {
      borrowed.isReady = true;
      start();
      return;
    }
    const hasher = hashers.get(answer.id);
    if (answer.kind === 'returned') {
      hasher?.returned();
      return;
    }
    if (answer.kind === 'digests') hasher?.answered(answer.digests);
    else hasher?.failed(answer.error);
    if (![...hashers.values()].some(({ waits }) => waits)) worker.unref();
  });
  worker.on('error', error => {
    if (thread === borrowed) thread = undefined;
    for (const hasher of hashers.values()) hasher.failed(error);
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
