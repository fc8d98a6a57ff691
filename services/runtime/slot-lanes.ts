import { InLine, Line } from './line.ts';

/** An operation's place among those that wait for a slot. */
export class SlotClaim extends InLine<SlotClaim> {
  /** Its first attempt waits, or a retry. */
  readonly kind: 'first' | 'retry';
  /** Whose rate counts for it. */
  readonly key: string;
  /** Grows with each claim that is made. */
  readonly ticket: number;
  /** Called at most once, when it has its slot. */
  readonly go: () => void;

  constructor(kind: SlotClaim['kind'], key: string, ticket: number, go: () => void) {
    super();
    this.kind = kind;
    this.key = key;
    this.ticket = ticket;
    this.go = go;
  }
}

/** The claims of one definition and one key, first come first served. */
export class Lane {
  readonly key: string;
  readonly claims = new Line<SlotClaim>();
  /** Place in the heap of open lanes; -1 while it is in none. */
  place = -1;
  /** Set while its rate lets nothing through: forgets the alarm that opens it again. */
  forget: (() => void) | undefined;
  /** As many of its key are in progress as may be. */
  full = false;

  constructor(key: string) {
    this.key = key;
  }

  get ticket(): number {
    return this.claims.first?.ticket ?? Number.POSITIVE_INFINITY;
  }
}

/** Lanes by the ticket of their first claim: a binary heap whose lanes know their places, so that any of them can leave. */
export class OpenLanes {
  readonly #heap: Lane[] = [];

  get first(): Lane | undefined {
    return this.#heap[0];
  }

  add(lane: Lane): void {
    if (lane.place >= 0) return;
    this.#heap.push(lane);
    this.#rise(lane, this.#heap.length - 1);
  }

  /** Its first claim has left, so its ticket has grown. */
  aged(lane: Lane): void {
    if (lane.place >= 0) this.#sink(lane, lane.place);
  }

  remove(lane: Lane): void {
    const { place } = lane;
    if (place < 0) return;
    lane.place = -1;
    const last = this.#heap.pop() as Lane;
    if (last === lane) return;
    this.#rise(last, place);
    this.#sink(last, last.place);
  }

  #rise(lane: Lane, from: number): void {
    let place = from;
    while (place > 0) {
      const above = this.#heap[(place - 1) >> 1] as Lane;
      if (above.ticket <= lane.ticket) break;
      this.#put(above, place);
      place = (place - 1) >> 1;
    }
    this.#put(lane, place);
  }

  #sink(lane: Lane, from: number): void {
    let place = from;
    for (;;) {
      const left = this.#heap[2 * place + 1];
      const right = this.#heap[2 * place + 2];
      const below = right !== undefined && right.ticket < (left as Lane).ticket ? right : left;
      if (below === undefined || lane.ticket <= below.ticket) break;
      const its = below.place;
      this.#put(below, place);
      place = its;
    }
    this.#put(lane, place);
  }

  #put(lane: Lane, place: number): void {
    lane.place = place;
    this.#heap[place] = lane;
  }
}
