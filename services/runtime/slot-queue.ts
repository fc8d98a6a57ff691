import { InLine } from './line.ts';
import { Lane, OpenLanes, type SlotClaim } from './slot-lanes.ts';

/** Limits of one definition. */
export interface SlotLimits {
  /** Operations that may be in progress at once. @default no limit */
  readonly concurrency?: number | undefined;
  /** Operations that may wait for their first slot. @default no limit */
  readonly maxPending?: number | undefined;
  /** Whether its keys have a rate limit. @default false */
  readonly rated?: boolean | undefined;
}

/** Where no rates tell keys apart, all claims stand in one lane. */
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

  #laneKey(key: string): string {
    return this.limits.rated === true ? key : ONE_LANE;
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
    if (lane.forget === undefined) this.#open.add(lane);
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
   * The claim whose turn it is, taken out; undefined when rates hold back all of them.
   * @param holdBack asked where keys have a rate limit; true shuts the lane until `reopen`
   */
  next(holdBack: (lane: Lane) => boolean): SlotClaim | undefined {
    for (let lane = this.#open.first; lane !== undefined; lane = this.#open.first) {
      if (this.limits.rated !== true || !holdBack(lane)) {
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
    this.#open.add(lane);
  }
}
