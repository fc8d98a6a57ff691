import type { TransitionCount } from '../services/ports.ts';

/** What tells one arrow from another, besides the reason. */
type Arrow = Pick<TransitionCount, 'kind' | 'from' | 'to' | 'event'>;

/** Adds up how often each arrow was taken, the same on every store. */
export class TransitionCounts {
  readonly #counts = new Map<string, TransitionCount>();

  /** @param count may be negative, for what was removed */
  add({ kind, from, to, event }: Arrow, reasonKind: string | null, count: number): void {
    // No word of a chart has a line break.
    const key = `${kind}\n${from}\n${to}\n${event}\n${reasonKind}`;
    const before = this.#counts.get(key)?.count ?? 0;
    this.#counts.set(key, { kind, from, to, event, reasonKind, count: before + count });
  }

  /** The caller's own copies. */
  all(): readonly TransitionCount[] {
    const taken = [...this.#counts.values()].filter(({ count }) => count > 0);
    return taken.map(one => ({ ...one }));
  }
}
