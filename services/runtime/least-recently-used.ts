/** What stands in the list; only the list touches these. */
export interface Link {
  previous: Link | null;
  next: Link | null;
}

/** Things in the order of their last use. Everything takes the same time however many there are; a `Set` is slow to find its first after many removals. */
export class LeastRecentlyUsed<T extends Link> {
  #oldest: T | null = null;
  #newest: T | null = null;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Appends as the one that was used last. It is not in the list yet. */
  add(item: T): void {
    item.previous = this.#newest;
    item.next = null;
    if (this.#newest === null) this.#oldest = item;
    else this.#newest.next = item;
    this.#newest = item;
    this.#size++;
  }

  /** Takes one out that is in the list. */
  remove(item: T): void {
    const { previous, next } = item;
    if (previous === null) this.#oldest = next as T | null;
    else previous.next = next;
    if (next === null) this.#newest = previous as T | null;
    else next.previous = previous;
    item.previous = null;
    item.next = null;
    this.#size--;
  }

  /** Takes out the one whose last use is longest ago. */
  shift(): T | undefined {
    const item = this.#oldest;
    if (item === null) return undefined;
    this.remove(item);
    return item;
  }
}
