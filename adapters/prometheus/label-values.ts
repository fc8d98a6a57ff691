/** What stands for every value that came too late. */
export const OTHER = 'other';

/** Bounds the values of a label: each series lives as long as the process. */
export class LabelValues {
  readonly #known = new Set<string>();
  readonly #most: number;

  constructor(most: number) {
    this.#most = most;
  }

  /** The value itself, or `other` where there are too many before it. */
  of(value: string): string {
    if (this.#known.has(value)) return value;
    if (this.#known.size >= this.#most) return OTHER;
    this.#known.add(value);
    return value;
  }
}
