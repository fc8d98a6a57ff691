/** Something that can stand in one line at a time; only the line touches these. */
export abstract class InLine<T> {
  before: T | undefined;
  after: T | undefined;
  stands = false;
}

/**
 * First come first served, and anybody may leave: each in constant time. A `Set` would do the same, but looks for its first member past all
 * that were deleted before, which makes emptying a long one quadratic.
 */
export class Line<T extends InLine<T>> {
  #last: T | undefined;
  first: T | undefined;
  size = 0;

  /** Joins at the end; nothing changes for one that stands here. */
  join(one: T): void {
    if (one.stands) return;
    one.stands = true;
    one.before = this.#last;
    if (this.#last === undefined) this.first = one;
    else this.#last.after = one;
    this.#last = one;
    this.size++;
  }

  /** False when it does not stand here. */
  leave(one: T): boolean {
    if (!one.stands) return false;
    const { before, after } = one;
    if (before === undefined) this.first = after;
    else before.after = after;
    if (after === undefined) this.#last = before;
    else after.before = before;
    one.before = undefined;
    one.after = undefined;
    one.stands = false;
    this.size--;
    return true;
  }
}
