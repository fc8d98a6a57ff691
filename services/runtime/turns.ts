/**
 * One thing at a time for each operation id, where a decision rests on a look into the store: what was read is still true when it is
 * acted upon. Operations that live here need no turns; their actors take one event after the other.
 */
export class Turns {
  readonly #last = new Map<string, Promise<void>>();
  readonly #watches = new Set<Set<string>>();

  /** Runs `fn` when every earlier turn of that id is over. */
  take<T>(id: string, fn: () => Promise<T>): Promise<T> {
    this.changed(id);
    const before = this.#last.get(id);
    const turn = before === undefined ? fn() : before.then(fn);
    const over = () => {
      this.changed(id);
      if (this.#last.get(id) === ended) this.#last.delete(id);
    };
    const ended: Promise<void> = turn.then(over, over);
    this.#last.set(id, ended);
    return turn;
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
