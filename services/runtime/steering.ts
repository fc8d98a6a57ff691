import type { Observable } from 'rxjs';
import { getNextSnapshot } from 'xstate';
import type { OperationEvent } from '../../machines/operation/types.ts';
import type { PermitReturn } from '../../machines/permit.ts';
import { ConfigError, OperationConflictError, OperationNotFoundError } from '../errors.ts';
import type {
  Clock,
  OperationRecord,
  OperationTransition,
  OperationWrite,
  StatePersistence,
} from '../ports.ts';
import type { OperationRow } from './commit-batch.ts';
import type { CommitLog } from './commit-log.ts';
import { PARENT_ENDED } from './family.ts';
import { inertActor, inertMachine } from './inert.ts';
import type { Lifecycle } from './lifecycle.ts';
import { migrateOperationSnapshot } from './operation-migrations.ts';
import { type OperationSnapshot, persisted, stateOf } from './operation-snapshot.ts';
import type { Operations } from './operations.ts';
import { parseOperationSnapshot } from './stored-snapshots.ts';
import type { Turns } from './turns.ts';

const UNFINISHED = ['pending', 'in_progress', 'recovering'] as const;

export interface SteeringParts {
  readonly operations: Operations;
  readonly persistence: StatePersistence;
  readonly log: CommitLog;
  readonly clock: Clock;
  readonly lifecycle: Lifecycle;
  readonly turns: Turns;
  /** Told of one that has ended without living here. */
  readonly ended: (id: string) => void;
  /** Gives the permit back of one that tries no more. */
  readonly giveBack: (breakerKey: string, permit: PermitReturn) => void;
  readonly watch: (id: string) => Observable<OperationTransition>;
}

/** Cancel, pause and continue: for operations that live here, and for those that are only in the store. */
export class Steering {
  readonly #operations: Operations;
  readonly #persistence: StatePersistence;
  readonly #log: CommitLog;
  readonly #clock: Clock;
  readonly #lifecycle: Lifecycle;
  readonly #turns: Turns;
  readonly #ended: SteeringParts['ended'];
  readonly #giveBack: SteeringParts['giveBack'];
  /** An operation's transitions, from its first to its end. */
  readonly watch: SteeringParts['watch'];

  constructor(parts: SteeringParts) {
    this.#operations = parts.operations;
    this.#persistence = parts.persistence;
    this.#log = parts.log;
    this.#clock = parts.clock;
    this.#lifecycle = parts.lifecycle;
    this.#turns = parts.turns;
    this.watch = parts.watch;
    this.#ended = parts.ended;
    this.#giveBack = parts.giveBack;
  }

  async cancel(id: string, reason?: string): Promise<boolean> {
    if (reason !== undefined && typeof reason !== 'string') {
      throw new ConfigError(`the reason of a cancel must be a string, got ${typeof reason}`);
    }
    const lives = this.#operations.get(id) !== undefined;
    const cancelled = await this.#send(id, { type: 'cancel', at: this.#clock.now(), reason });
    // The end of one that lives here reaches its children by itself.
    if (cancelled && !lives) await this.#cancelChildren(id);
    return cancelled;
  }

  async #cancelChildren(parentId: string): Promise<void> {
    let cursor: string | undefined;
    do {
      const unfinished = { parentId, states: UNFINISHED, order: 'oldest', limit: 1000 } as const;
      const query = cursor === undefined ? unfinished : { ...unfinished, cursor };
      const page = await this.#persistence.summaries(query);
      for (const { id } of page.items) await this.#cancelChild(id);
      cursor = page.next;
    } while (cursor !== undefined);
  }

  /** What is quarantined is not touched. */
  async #cancelChild(id: string): Promise<void> {
    try {
      await this.cancel(id, PARENT_ENDED);
    } catch (error) {
      if (!(error instanceof OperationConflictError)) throw error;
    }
  }

  pause(id: string): Promise<boolean> {
    return this.#send(id, { type: 'pause', at: this.#clock.now() });
  }

  continue(id: string): Promise<boolean> {
    return this.#send(id, { type: 'resume', at: this.#clock.now() });
  }

  async #send(id: string, event: OperationEvent): Promise<boolean> {
    this.#lifecycle.refuseWhenClosed();
    const live = this.#operations.get(id);
    if (live === undefined) return this.#turns.take(id, () => this.#sendDormant(id, event));
    if (live.isFinal || !live.actor.getSnapshot().can(event)) return false;
    live.actor.send(event);
    // One that was paused before it began is queued again, whether or not the store takes that at once.
    if (event.type === 'resume') this.#operations.start(live, event.at);
    await this.#log.durable();
    return true;
  }

  /** The chart decides, without an actor: nothing of the operation runs here. */
  async #sendDormant(id: string, event: OperationEvent): Promise<boolean> {
    this.#lifecycle.refuseWhenClosed();
    const record = await this.#persistence.find(id);
    this.#lifecycle.refuseWhenClosed();
    if (record === undefined) throw new OperationNotFoundError(id);
    if (this.#operations.get(id) !== undefined) return this.#send(id, event);
    const parsed = parseOperationSnapshot(migrateOperationSnapshot(record.snapshot));
    if (!parsed.ok)
      throw new OperationConflictError(`operation "${id}" is quarantined: ${parsed.why}`);
    const snapshot = inertActor(parsed.snapshot).getSnapshot();
    if (snapshot.status !== 'active' || !snapshot.can(event)) return false;
    const next = getNextSnapshot(inertMachine, snapshot, event);
    const row = new DormantRow(record, next);
    this.#log.record(row, {
      kind: 'operation',
      operationId: id,
      name: record.name,
      seq: next.context.last.seq,
      from: record.state,
      to: stateOf(next),
      event: next.context.last.event,
      attempt: next.context.attempt,
      reason: next.context.last.reason,
      at: next.context.last.at,
    });
    await this.#log.once(row);
    // Its breaker may live here all the same, and would wait for it until its lease is over.
    const { held } = snapshot.context;
    if (held !== null && stateOf(next) !== 'in_progress') {
      const { generation } = held;
      const { at } = next.context.last;
      this.#giveBack(record.breakerKey, { operationId: id, generation, outcome: 'ignored', at });
    }
    if (next.status === 'done') this.#ended(id);
    return true;
  }
}

class DormantRow implements OperationRow {
  queued = false;
  dropped = false;
  readonly #record: OperationRecord;
  readonly #next: OperationSnapshot;

  constructor(record: OperationRecord, next: OperationSnapshot) {
    this.#record = record;
    this.#next = next;
  }

  get id(): string {
    return this.#record.id;
  }

  get weight(): number {
    return this.#record.result?.length ?? 0;
  }

  write(): OperationWrite {
    const { args: _args, metadata: _metadata, createdAt: _createdAt, ...kept } = this.#record;
    const { context } = this.#next;
    return {
      ...kept,
      state: stateOf(this.#next),
      seq: context.last.seq,
      error: context.error === null ? null : JSON.stringify(context.error),
      snapshot: persisted(this.#next),
      dueAt: context.wait.dueAt,
      updatedAt: context.last.at,
    };
  }

  written(): void {}
}
