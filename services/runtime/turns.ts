/**
 * One thing at a time for each operation id, where a decision rests on a look into the store: what was read is still true when it is
 * acted upon. Operations that live here need no turns; their actors take one event after the other.
 */
export class Turns {
  readonly #last = new Map<string, Promise<void>>();
  readonly #watches = new Set<Set<string>>();
  #alone: Promise<void> | undefined;

  /** Runs `fn` when every earlier turn of that id is over. */
  take<T>(id: string, fn: () => Promise<T>): Promise<T> {
    this.changed(id);
    const last = this.#last.get(id);
    const alone = this.#alone;
    const before =
      last === undefined || alone === undefined ? (last ?? alone) : last.then(() => alone);
    const turn = before === undefined ? fn() : before.then(fn);
    const over = () => {
      this.changed(id);
      if (this.#last.get(id) === ended) this.#last.delete(id);
    };
    const ended: Promise<void> = turn.then(over, over);
    this.#last.set(id, ended);
    return turn;
  }

  /** Runs `fn` when every turn that has begun is over; later ones begin after it. */
  alone<T>(fn: () => Promise<T>): Promise<T> {
    const done = Promise.all(this.#last.values()).then(fn);
    const over = () => {
      this.#alone = undefined;
    };
    this.#alone = done.then(over, over);
    return done;
  }

  /** What was read of that id is old now. */
  changed(id: string): void {
    for (const watch of this.#watches) watch.add(id);
  }

  /** Notes every id that changes, or is about to, from now until `unwatch`. */
  watch(): ReadonlySet<string> {
    const watch = new Set(this.#last.keys());
    this.#watches.add(watch);
    return watch;
  }

  unwatch(watch: ReadonlySet<string>): void {
    this.#watches.delete(watch as Set<string>);
  }
}
