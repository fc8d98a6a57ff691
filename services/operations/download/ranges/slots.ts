/** Places for those who fetch at the same time; who waits for one gets it in order. */
export class Slots {
  #limit: number;
  #taken = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(limit: number) {
    this.#limit = limit;
  }

  async enter(): Promise<void> {
    if (this.#taken < this.#limit) {
      this.#taken += 1;
      return;
    }
    await new Promise<void>(resolve => this.#waiting.push(resolve));
  }

  leave(): void {
    const next = this.#taken <= this.#limit ? this.#waiting.shift() : undefined;
    if (next === undefined) this.#taken -= 1;
    else next();
  }

  /** One place less, where others go on; false where it would be the last one. */
  shrink(): boolean {
    if (this.#limit <= 1) return false;
    this.#limit -= 1;
    return true;
  }
}
