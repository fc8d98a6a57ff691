import { OperationConflictError } from '../errors.ts';
import type { Clock, LockHealth } from '../ports.ts';
import type { Lifecycle } from './lifecycle.ts';
import type { LiveOperation } from './live-operation.ts';
import type { LockHolders } from './lock-holders.ts';
import { LockLine } from './lock-line.ts';
import { at } from './timers.ts';

export interface LocksParts {
  readonly clock: Clock;
  readonly lifecycle: Lifecycle;
  readonly holders: LockHolders;
  /** An operation that lives here. */
  readonly operation: (id: string) => LiveOperation | undefined;
  /** Whether it was found not to fit, and holds nobody up. */
  readonly quarantined: (id: string) => boolean;
}

/** Locks that `health()` lists: keys must not grow without end where it is scraped. */
const LISTED = 100;

/**
 * Who may work on what: operations with the same lock take turns, the oldest first. An operation gets its lock before its slot and keeps it, whatever it waits
 * for, until its end is durable. What counts after a restart is in the store: an operation that has begun has its lock.
 */
export class Locks {
  readonly #parts: LocksParts;
  readonly #lines = new Map<string, LockLine>();
  /** The keys of holders that do not live here. */
  readonly #dormant = new Map<string, string>();
  /** Every holder of the store is known. */
  #ready = false;
  #reading = false;

  constructor(parts: LocksParts) {
    this.#parts = parts;
  }

  /** Whether a new operation would have the lock at once. */
  isFree(key: string): boolean {
    return this.#ready && !this.#parts.lifecycle.held && !this.#lines.has(key);
  }

  /** It has the lock: it has just found it free, or it has begun in an earlier life. */
  take({ id, lock }: LiveOperation): void {
    if (lock === undefined) return;
    this.#dormant.delete(id);
    this.#line(lock).holders.add(id);
  }

  /** Calls `go` in its turn, when it has the lock; at once where it has it already. */
  enter(operation: LiveOperation, go: () => void): void {
    const { lock, id, actor } = operation;
    if (lock === undefined || this.#lines.get(lock)?.holders.has(id)) {
      go();
      return;
    }
    const now = this.#parts.clock.now();
    // Its chart says whether it waits to begin.
    const snapshot = actor.getSnapshot();
    if (!snapshot.can({ type: 'start', at: now }) && !snapshot.can(granted(now))) return;
    this.#line(lock).join({ operation, go, forgetDeadline: this.#expireAtDeadline(operation) });
    this.#read();
    this.#parts.lifecycle.begin(() => this.#grant(lock));
    this.#tellWaiting(lock);
  }

  #expireAtDeadline({ actor }: LiveOperation): (() => void) | undefined {
    const { clock, lifecycle } = this.#parts;
    const { deadline } = actor.getSnapshot().context.policy;
    if (deadline === null) return undefined;
    const expire = () => {
      const event = { type: 'expire', at: clock.now(), withoutLock: true } as const;
      // It may have ended, and wait only for that to be durable, or for the end of a hold.
      if (actor.getSnapshot().can(event)) actor.send(event);
    };
    return at(clock, deadline, () => lifecycle.begin(expire));
  }

  /** The charts of those who wait tell for whom, unless they did so in an earlier life. */
  #tellWaiting(key: string): void {
    const line = this.#lines.get(key);
    const [holder] = line?.holders ?? [];
    if (line === undefined || holder === undefined) return;
    const wait = { type: 'lock.wait', at: this.#parts.clock.now(), holder } as const;
    for (const { actor } of line.untold()) if (actor.getSnapshot().can(wait)) actor.send(wait);
  }

  #grant(key: string): void {
    if (!this.#ready || this.#parts.lifecycle.closing) return;
    const line = this.#lines.get(key);
    const waiter = line?.next();
    if (line === undefined || waiter === undefined) return;
    const { operation, go, forgetDeadline } = waiter;
    forgetDeadline?.();
    line.holders.add(operation.id);
    const event = granted(this.#parts.clock.now());
    if (operation.actor.getSnapshot().can(event)) operation.actor.send(event);
    go();
    this.#tellWaiting(key);
  }

  /**
   * It is paused before it has begun: others may have their turn, and it stands in line again when it goes on. Or its time has run out while it
   * waited, and its fallback stands in, which waits for nothing.
   */
  moved(operation: LiveOperation): void {
    const snapshot = operation.actor.getSnapshot();
    if (snapshot.matches({ pending: 'paused' })) this.leave(operation);
    else if (snapshot.matches({ in_progress: 'falling_back' })) this.#waitNoMore(operation);
  }

  #waitNoMore(operation: LiveOperation): void {
    const { lock = '' } = operation;
    const line = this.#lines.get(lock);
    line?.leave(operation)?.forgetDeadline?.();
    if (line?.isIdle) this.#lines.delete(lock);
  }

  /** It has ended, or never was. */
  leave(operation: LiveOperation): void {
    const { lock, id } = operation;
    if (lock === undefined) return;
    this.#waitNoMore(operation);
    this.#release(lock, id);
  }

  /** One that does not live here has ended. */
  gone(id: string): void {
    const key = this.#dormant.get(id);
    this.#dormant.delete(id);
    if (key !== undefined) this.#release(key, id);
  }

  #release(key: string, id: string): void {
    const line = this.#lines.get(key);
    line?.holders.delete(id);
    if (line?.isIdle) this.#lines.delete(key);
    this.#parts.lifecycle.begin(() => this.#grant(key));
  }

  /** @throws OperationConflictError for a child that would wait for what those who wait for it have */
  refuseChild(parentId: string | null, lock: string | undefined): void {
    if (lock === undefined) return;
    for (let id = parentId; id !== null; id = this.#parts.operation(id)?.parentId ?? null) {
      if (!this.#lines.get(lock)?.holders.has(id)) continue;
      throw new OperationConflictError(
        `the child would wait for ever: "${id}", which waits for it, has the lock "${lock}"`,
        { details: { operationId: id, lock } },
      );
    }
  }

  #line(key: string): LockLine {
    const known = this.#lines.get(key);
    if (known !== undefined) return known;
    const line = new LockLine();
    this.#lines.set(key, line);
    return line;
  }

  /** The first operation that needs a lock has the store read: what has begun in an earlier life has its lock, also before `resume()`. */
  #read(): void {
    if (this.#reading) return;
    this.#reading = true;
    const { holders, operation, quarantined, lifecycle } = this.#parts;
    const found = (id: string, key: string) => {
      if (operation(id) !== undefined || quarantined(id)) return;
      this.#dormant.set(id, key);
      this.#line(key).holders.add(id);
    };
    void holders.read(found).then(() =>
      lifecycle.begin(() => {
        this.#ready = true;
        for (const key of [...this.#lines.keys()]) {
          this.#grant(key);
          this.#tellWaiting(key);
        }
      }),
    );
  }

  health(): LockHealth {
    const lines = [...this.#lines].sort(([, one], [, other]) => other.size - one.size);
    return {
      held: lines.filter(([, { holders }]) => holders.size > 0).length,
      waiting: lines.reduce((sum, [, { size }]) => sum + size, 0),
      keys: Object.fromEntries(
        lines.slice(0, LISTED).map(([key, { holders, size }]) => {
          const [holder = null] = holders;
          return [key, { holder, waiting: size }];
        }),
      ),
    };
  }

  clear(): void {
    for (const line of this.#lines.values()) line.clear();
    this.#lines.clear();
  }
}

const granted = (at: number) => ({ type: 'lock.granted', at }) as const;
