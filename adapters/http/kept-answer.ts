/** An answer that takes its time: worked out once for all who ask meanwhile, and kept for a moment. A failure is not kept. */
export class KeptAnswer<T> {
  readonly #workOut: () => Promise<T>;
  readonly #keep: number;
  readonly #now: () => number;
  #underWay: Promise<T> | undefined;
  #kept: { readonly answer: T; readonly until: number } | undefined;

  /**
   * @param keep milliseconds for which an answer is given again; 0 for none
   * @param now milliseconds of a clock that is never set back
   */
  constructor(workOut: () => Promise<T>, keep: number, now = () => performance.now()) {
    this.#workOut = workOut;
    this.#keep = keep;
    this.#now = now;
  }

  get(): Promise<T> {
    if (this.#kept !== undefined && this.#now() < this.#kept.until) {
      return Promise.resolve(this.#kept.answer);
    }
    this.#underWay ??= this.#work();
    return this.#underWay;
  }

  async #work(): Promise<T> {
    try {
      const answer = await this.#workOut();
      this.#kept = { answer, until: this.#now() + this.#keep };
      return answer;
    } finally {
      this.#underWay = undefined;
    }
  }
}
