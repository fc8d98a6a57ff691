/** Places for those who fetch at the same time; who waits for one gets it in order. Begins with one place. */
export class Slots {
  #limit = 1;
  #most: number;
  #taken = 0;
  readonly #waiting: (() => void)[] = [];

  /** @param most places that there may ever be */
  constructor(most: number) {
    this.#most = most;
  }

  get limit(): number {
    return this.#limit;
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

  /** As many places as there may be. */
  widen(): void {
    this.#limit = this.#most;
    while (this.#taken < this.#limit && this.#waiting.length > 0) {
      this.#taken += 1;
      this.#waiting.shift()?.();
    }
  }

  /** One place, as soon as the others are left. */
  narrow(): void {
    this.#limit = 1;
  }

  /** One place less for good, where others go on; false where it would be the last one. */
  shrink(): boolean {
    if (this.#taken <= 1) return false;
    this.#limit = Math.max(1, Math.min(this.#limit, this.#taken) - 1);
    this.#most = this.#limit;
    return true;
  }
}
