import { InLine } from './line.ts';
import { Lane, OpenLanes, type SlotClaim } from './slot-lanes.ts';

/** Limits of one definition. */
export interface SlotLimits {
  /** Operations that may be in progress at once. @default no limit */
  readonly concurrency?: number | undefined;
  /** Operations with the same key that may be in progress at once. @default no limit */
  readonly keyConcurrency?: number | undefined;
  /** Operations that may wait for their first slot. @default no limit */
  readonly maxPending?: number | undefined;
  /** Whether its keys have a rate limit. @default false */
  readonly rated?: boolean | undefined;
}

/** Where nothing tells keys apart, all claims stand in one lane. */
const ONE_LANE = '';

/** One definition's operations: how many are in progress, and those that wait for a slot. Definitions stand in line for turns. */
export class SlotQueue extends InLine<SlotQueue> {
  readonly name: string;
  readonly limits: SlotLimits;
  /** In progress, limited or not. */
  running = 0;
  /** Waiting for a slot, by kind. */
  readonly waiting = { first: 0, retry: 0 };
  readonly #lanes = new Map<string, Lane>();
  readonly #open = new OpenLanes();
  /** In progress by key, where each key has a limit of its own. */
  readonly #runningOf = new Map<string, number>();

  constructor(name: string, limits: SlotLimits = {}) {
    super();
    this.name = name;
    this.limits = limits;
  }

  /** How many wait. */
  get length(): number {
    return this.waiting.first + this.waiting.retry;
  }

  /** Its own limit leaves room. */
  get hasRoom(): boolean {
    return this.running < (this.limits.concurrency ?? Number.POSITIVE_INFINITY);
  }

  /** Something waits that nothing of its own holds back, as far as is known. */
  get isReady(): boolean {
    return this.#open.first !== undefined && this.hasRoom;
  }

  /** So does its limit of one key. */
  hasRoomFor(key: string): boolean {
    return (
      (this.#runningOf.get(key) ?? 0) < (this.limits.keyConcurrency ?? Number.POSITIVE_INFINITY)
    );
  }

  /** One of a key is in progress. */
  entered(key: string): void {
    this.running++;
    if (this.limits.keyConcurrency === undefined) return;
    this.#runningOf.set(key, (this.#runningOf.get(key) ?? 0) + 1);
  }

  /** One of a key is in progress no more. */
  left(key: string): void {
    this.running--;
    if (this.limits.keyConcurrency === undefined) return;
    const running = (this.#runningOf.get(key) ?? 0) - 1;
    if (running > 0) this.#runningOf.set(key, running);
    else this.#runningOf.delete(key);
    const lane = this.#lanes.get(key);
    if (lane?.full !== true || !this.hasRoomFor(key)) return;
    lane.full = false;
    this.#show(lane);
  }

  #laneKey(key: string): string {
    const { rated, keyConcurrency } = this.limits;
    return rated === true || keyConcurrency !== undefined ? key : ONE_LANE;
  }

  #show(lane: Lane): void {
    if (lane.forget === undefined && !lane.full) this.#open.add(lane);
  }

  add(claim: SlotClaim): void {
    const key = this.#laneKey(claim.key);
    let lane = this.#lanes.get(key);
    if (lane === undefined) {
      lane = new Lane(key);
      this.#lanes.set(key, lane);
    }
    lane.claims.join(claim);
    this.waiting[claim.kind]++;
    this.#show(lane);
  }

  /** False when it does not wait any more. */
  remove(claim: SlotClaim): boolean {
    if (!claim.stands) return false;
    const lane = this.#lanes.get(this.#laneKey(claim.key)) as Lane;
    lane.claims.leave(claim);
    this.waiting[claim.kind]--;
    if (lane.claims.size === 0) this.#dissolve(lane);
    else this.#open.aged(lane);
    return true;
  }

  #dissolve(lane: Lane): void {
    lane.forget?.();
    this.#open.remove(lane);
    this.#lanes.delete(lane.key);
  }

  /**
   * The claim whose turn it is, taken out; undefined when the rates and limits of their keys hold back all of them.
   * @param holdBack asked where keys have a rate limit; true shuts the lane until `reopen`
   */
  next(holdBack: (lane: Lane) => boolean): SlotClaim | undefined {
    for (let lane = this.#open.first; lane !== undefined; lane = this.#open.first) {
      lane.full = !this.hasRoomFor(lane.key);
      // The rate comes last, since asking takes.
      if (!lane.full && (this.limits.rated !== true || !holdBack(lane))) {
        const claim = lane.claims.first as SlotClaim;
        this.remove(claim);
        return claim;
      }
      this.#open.remove(lane);
    }
    return undefined;
  }

  /** Its rate may let one of it through. */
  reopen(lane: Lane): void {
    lane.forget = undefined;
    this.#show(lane);
  }
}
