import type { Transition } from '../ports.ts';

/** The operation or the breaker that a transition is one of. */
export const ownerOf = (transition: Transition): string =>
  transition.kind === 'operation' ? `o:${transition.operationId}` : `b:${transition.key}`;

/**
 * Transitions that wait for a reader, never more than the limit. What is too much is conflated, the latest of each owner being kept, until the
 * reader has taken all of it; where that does not help, or must not be, everything is let go and `overflowed` set.
 */
export class FeedBuffer {
  readonly #limit: number;
  /** By position, or while it is conflated by owner; in both cases in the order of positions. */
  #waiting = new Map<number | string, Transition>();
  #conflated = false;
  #skipped = 0;
  /** Transitions were let go without a trace. */
  overflowed = false;
  /** Set while nothing may be left out. */
  lossless = true;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#waiting.size;
  }

  add(transition: Transition): void {
    if (this.overflowed) return;
    const key = this.#conflated ? ownerOf(transition) : transition.position;
    // Deleted first, so that it goes to the end.
    if (this.#waiting.delete(key)) this.#skipped++;
    this.#waiting.set(key, transition);
    if (this.#waiting.size <= this.#limit) return;
    if (!this.lossless && !this.#conflated) this.#conflate();
    if (this.#waiting.size > this.#limit) {
      this.clear();
      this.overflowed = true;
    }
  }

  #conflate(): void {
    const all = [...this.#waiting.values()];
    this.#conflated = true;
    this.#waiting = new Map();
    for (const transition of all) {
      const owner = ownerOf(transition);
      if (this.#waiting.delete(owner)) this.#skipped++;
      this.#waiting.set(owner, transition);
    }
  }

  /** Takes the first ones out, and how many were left out since the last time. */
  take(most: number): { readonly transitions: Transition[]; readonly skipped: number } {
    const transitions: Transition[] = [];
    for (const [key, transition] of this.#waiting) {
      if (transitions.length === most) break;
      transitions.push(transition);
      this.#waiting.delete(key);
    }
    if (this.#waiting.size === 0) this.#conflated = false;
    const skipped = this.#skipped;
    this.#skipped = 0;
    return { transitions, skipped };
  }

  /** Lets go of what the reader knows already. */
  forgetUpTo(position: number): void {
    for (const [key, transition] of this.#waiting) {
      if (transition.position > position) break;
      this.#waiting.delete(key);
    }
  }

  clear(): void {
    this.#waiting.clear();
    this.#conflated = false;
    this.#skipped = 0;
    this.overflowed = false;
  }
}
