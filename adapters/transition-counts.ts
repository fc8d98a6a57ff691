import type { TransitionCount } from '../services/ports.ts';

/** What tells one arrow from another, besides the reason. */
type Arrow = Pick<TransitionCount, 'kind' | 'from' | 'to' | 'event'>;

/** Adds up how often each arrow was taken, the same on every store. */
export class TransitionCounts {
  readonly #counts = new Map<
    string,
    { -readonly [K in keyof TransitionCount]: TransitionCount[K] }
  >();

  add({ kind, from, to, event }: Arrow, reasonKind: string | null, count: number): void {
    // No word of a chart has a line break.
    const key = `${kind}\n${from}\n${to}\n${event}\n${reasonKind}`;
    const known = this.#counts.get(key);
    if (known) known.count += count;
    else this.#counts.set(key, { kind, from, to, event, reasonKind, count });
  }

  all(): readonly TransitionCount[] {
    return [...this.#counts.values()];
  }
}
