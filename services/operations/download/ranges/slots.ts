interface Waiter {
  readonly rank: number;
  readonly go: () => void;
}

/** Places for those who fetch at the same time; of those who wait the one with the lowest rank is next. Begins with one place. */
export class Slots {
  #limit = 1;
  #most: number;
  #taken = 0;
  readonly #waiting: Waiter[] = [];

  /** @param most places that there may ever be */
  constructor(most: number) {
    this.#most = most;
  }

  get limit(): number {
    return this.#limit;
  }

  /** Whether somebody has to leave, since there are fewer places by now. */
  get crowded(): boolean {
    return this.#taken > this.#limit;
  }

  async enter(rank: number): Promise<void> {
    if (this.#taken < this.#limit) {
      this.#taken += 1;
      return;
    }
    await new Promise<void>(go => {
      const behind = this.#waiting.findIndex(other => other.rank > rank);
      this.#waiting.splice(behind < 0 ? this.#waiting.length : behind, 0, { rank, go });
    });
  }

  leave(): void {
    const next = this.#taken <= this.#limit ? this.#waiting.shift() : undefined;
    if (next === undefined) this.#taken -= 1;
    else next.go();
  }

  /** As many places as there may be. */
  widen(): void {
    this.#limit = this.#most;
    while (this.#taken < this.#limit && this.#waiting.length > 0) {
      this.#taken += 1;
      this.#waiting.shift()?.go();
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
