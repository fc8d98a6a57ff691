import type { Transition } from '../ports.ts';

/** The operation or the breaker that a transition is one of. */
export const ownerOf = (transition: Transition): string =>
  transition.kind === 'operation' ? `o:${transition.operationId}` : `b:${transition.key}`;

/**
 * Transitions that wait for a reader, never more than the limit. What is too much is conflated, the latest of each owner being kept, until the
 * reader has taken all of it; where that does not help, or must not be, everything is let go and `overflowed` set.
 *
 * Commits are kept as they come, shared with every other reader, and looked into when somebody reads or the limit is in sight: a reader that is not heard of costs next to nothing.
 */
export class FeedBuffer {
  readonly #limit: number;
  readonly #wanted: (transition: Transition) => boolean;
  #commits: (readonly Transition[])[] = [];
  /** Transitions in them. */
  #unseen = 0;
  /** By position, or while it is conflated by owner; in both cases in the order of positions. */
  #waiting = new Map<number | string, Transition>();
  #conflated = false;
  #skipped = 0;
  #overflowed = false;
  /** Set while nothing may be left out. */
  lossless = true;

  /** @param wanted asked when a transition is looked into, which may be later than it came */
  constructor(limit: number, wanted: (transition: Transition) => boolean) {
    this.#limit = limit;
    this.#wanted = wanted;
  }

  /** Transitions were let go without a trace. */
  get overflowed(): boolean {
    return this.#overflowed;
  }

  get size(): number {
    this.#look();
    return this.#waiting.size;
  }

  add(commit: readonly Transition[]): void {
    if (this.#overflowed) return;
    this.#commits.push(commit);
    this.#unseen += commit.length;
    if (this.#unseen + this.#waiting.size > this.#limit) this.#look();
  }

  #look(): void {
    const commits = this.#commits;
    if (commits.length === 0) return;
    this.#commits = [];
    this.#unseen = 0;
    for (const commit of commits) {
      for (const transition of commit) {
        if (this.#wanted(transition)) this.#keep(transition);
        if (this.#overflowed) return;
      }
    }
  }

  #keep(transition: Transition): void {
    const key = this.#conflated ? ownerOf(transition) : transition.position;
    // Deleted first, so that it goes to the end.
    if (this.#waiting.delete(key)) this.#skipped++;
    this.#waiting.set(key, transition);
    if (this.#waiting.size <= this.#limit) return;
    if (!this.lossless && !this.#conflated) this.#conflate();
    if (this.#waiting.size > this.#limit) {
      this.clear();
      this.#overflowed = true;
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
    this.#look();
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

  /** Lets go of what is not wanted any more: the reader knows it already. */
  sift(): void {
    this.#look();
    for (const [key, transition] of this.#waiting) {
      if (this.#wanted(transition)) break;
      this.#waiting.delete(key);
    }
  }

  clear(): void {
    this.#commits = [];
    this.#unseen = 0;
    this.#waiting.clear();
    this.#conflated = false;
    this.#skipped = 0;
    this.#overflowed = false;
  }
}
