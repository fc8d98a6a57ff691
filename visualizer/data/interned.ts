/** Texts that many rows share, by number. */
export class Interned {
  readonly #numbers = new Map<string, number>();
  readonly #texts: string[] = [];
  #ranks: Int32Array | undefined;

  get size(): number {
    return this.#texts.length;
  }

  numberOf(text: string): number {
    const known = this.#numbers.get(text);
    if (known !== undefined) return known;
    const number = this.#texts.length;
    this.#texts.push(text);
    this.#numbers.set(text, number);
    this.#ranks = undefined;
    return number;
  }

  textOf(number: number): string {
    return this.#texts[number] ?? '';
  }

  all(): readonly string[] {
    return this.#texts;
  }

  /** Places in the order of the texts, by number: comparing rows costs no comparison of texts. */
  ranks(): Int32Array {
    if (this.#ranks !== undefined) return this.#ranks;
    const sorted = this.#texts.map((_, number) => number);
    sorted.sort((a, b) => compareTexts(this.textOf(a), this.textOf(b)));
    const ranks = new Int32Array(sorted.length);
    sorted.forEach((number, rank) => {
      ranks[number] = rank;
    });
    this.#ranks = ranks;
    return ranks;
  }
}

export const compareTexts = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
