import type { JsonError } from '../../machines/json-error.ts';
import type { LastTransition } from '../../machines/operation/types.ts';
import { errorToJson } from '../error-json.ts';
import { RecoveryClosedError } from '../errors.ts';
import { fromJson } from '../json.ts';
import type { OperationWrite, RecoveryState, TraceableOperation } from '../ports.ts';
import type { OperationRow } from './commit-batch.ts';
import type { CommitLog, Waiter } from './commit-log.ts';
import type { Definition } from './definition.ts';
import { endingError } from './ending.ts';
import { OperationSecrets } from './operation-secrets.ts';
import {
  askedBetween,
  isUndoing,
  type OperationRef,
  type OperationSnapshot,
  persisted,
  stateOf,
  takesSlot,
} from './operation-snapshot.ts';
import type { Policy } from './policy.ts';
import type { Watcher } from './watcher.ts';

/** What becomes of an operation, told to its surroundings. */
export interface OperationEvents {
  /** Its final state is durable. */
  ended(operation: LiveOperation): void;
  /** What it has done is taken back: what belongs to it has to end. */
  undoing(operation: LiveOperation): void;
  /** It has begun or ceased to be in progress, or something happened to it while it waited to begin. */
  moved(operation: LiveOperation, inProgress: boolean): void;
}

export interface LiveOperationFacts {
  readonly id: string;
  readonly definition: Definition;
  readonly policy: Policy;
  readonly breakerKey: string;
  /** The input as JSON text. */
  readonly args: string | null;
  /** The same with secrets, as far as they are known here. */
  readonly whole?: string | null;
  readonly metadata: string | null;
  readonly parentId: string | null;
  readonly lock: string | undefined;
  readonly createdAt: number;
  /** Whether the store has a row of it already. */
  readonly stored: boolean;
  /** Number and state of the last transition that the store has. */
  readonly seq: number;
  readonly state: RecoveryState | null;
}

interface Settle {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** An operation whose actor lives in this process: follows the actor, and keeps its row in the store up to date. */
export class LiveOperation implements OperationRow, Waiter {
  readonly id: string;
  readonly definition: Definition;
  readonly policy: Policy;
  readonly breakerKey: string;
  readonly args: string | null;
  readonly metadata: string | null;
  readonly parentId: string | null;
  /** Set where its definition has any. */
  readonly secrets: OperationSecrets | undefined;
  /** What it needs for itself alone. */
  readonly lock: string | undefined;
  readonly createdAt: number;
  /** Set right after construction, since the actor needs the operation first. */
  actor!: OperationRef;

  queued = false;
  dropped = false;
  /** Why it was dropped. */
  refusal: unknown;
  /** Results of finished steps as JSON text, or undefined while they have not been read from the store. */
  steps: Map<string, string | null> | undefined;
  /** The function's output, and its JSON text. */
  output: unknown;
  result: string | null = null;
  /** What the last attempt threw, as it was thrown; gone after a restart. */
  thrown: unknown;
  /** The function of an attempt that timed out, which may still be at work: the next attempt gives it time to end. */
  straggler: Promise<void> | undefined;
  /** It counts as in progress, from the moment when it is given its slot. */
  running = false;
  /** Set where the definition has a shadow policy. */
  watcher: Watcher | undefined;
  /** Set while it waits for its first slot. */
  leaveQueue: (() => void) | undefined;

  readonly #log: CommitLog;
  readonly #events: OperationEvents;
  #stored: boolean;
  #seq: number;
  #state: RecoveryState | null;
  #final = false;
  #ended = false;
  #abandoned = false;
  #waiting: Settle[] = [];

  constructor(facts: LiveOperationFacts, log: CommitLog, events: OperationEvents) {
    this.id = facts.id;
    this.definition = facts.definition;
    this.policy = facts.policy;
    this.breakerKey = facts.breakerKey;
    this.args = facts.args;
    this.metadata = facts.metadata;
    this.parentId = facts.parentId;
    this.lock = facts.lock;
    this.secrets = secretsOf(facts);
    this.createdAt = facts.createdAt;
    this.#log = log;
    this.#events = events;
    this.#stored = facts.stored;
    this.#seq = facts.seq;
    this.#state = facts.state;
    if (!facts.stored) this.steps = new Map();
  }

  get name(): string {
    return this.definition.name;
  }

  /** The function's input, a copy of its own. */
  get input(): unknown {
    return fromJson(this.secrets === undefined ? this.args : this.secrets.whole);
  }

  /** An error as others are told of it. */
  told(error: unknown): JsonError {
    return this.secrets?.told(error) ?? errorToJson(error);
  }

  scrubbed<T>(value: T): T {
    return this.secrets === undefined ? value : this.secrets.scrubbed(value);
  }

  get state(): RecoveryState {
    return this.#state ?? stateOf(this.actor.getSnapshot());
  }

  /** Follows the actor; the first call records how it was created. */
  follow(actor: OperationRef): void {
    this.actor = actor;
    actor.subscribe(snapshot => this.observe(snapshot));
  }

  /** Turns each transition that the chart counted into a record. */
  observe(snapshot: OperationSnapshot): void {
    const { attempt, last } = snapshot.context;
    if (last.seq === this.#seq) return;
    const asked = askedBetween(this.#seq, this.#state, last);
    if (asked !== undefined) this.#record('in_progress', attempt, asked);
    this.#record(stateOf(snapshot), attempt, last);
    this.#log.touch(this);
    const inProgress = takesSlot(snapshot);
    const waits = this.leaveQueue !== undefined || this.lock !== undefined;
    if (inProgress !== this.running || waits) {
      this.#events.moved(this, inProgress);
    }
    if (isUndoing(snapshot)) this.#events.undoing(this);
    if (snapshot.status === 'done') {
      this.#final = true;
      this.#log.after(this);
    }
    if (this.watcher !== undefined) this.watcher.observed(snapshot);
  }

  #record(to: RecoveryState, attempt: number, { seq, event, at, reason }: LastTransition): void {
    this.#log.record(this, {
      kind: 'operation',
      operationId: this.id,
      name: this.name,
      seq,
      from: this.#state,
      to,
      event,
      attempt,
      reason,
      at,
    });
    this.#seq = seq;
    this.#state = to;
  }

  get weight(): number {
    const result = this.result?.length ?? 0;
    if (this.#stored) return result;
    return result + (this.args?.length ?? 0) + (this.metadata?.length ?? 0);
  }

  write(): OperationWrite {
    const snapshot = this.actor.getSnapshot();
    const { context } = snapshot;
    const write: OperationWrite = {
      id: this.id,
      name: this.name,
      state: this.#state as RecoveryState,
      attempt: context.attempt,
      seq: this.#seq,
      result: this.result,
      error: context.error === null ? null : JSON.stringify(context.error),
      snapshot: persisted(snapshot),
      version: this.definition.version,
      breakerKey: this.breakerKey,
      dueAt: context.wait.dueAt,
      owner: null,
      epoch: 0,
      updatedAt: context.last.at,
    };
    if (this.#stored) return write;
    const { args, metadata, parentId, createdAt } = this;
    return { ...write, args, metadata, parentId, createdAt };
  }

  written(): void {
    this.#stored = true;
  }

  /** The final state is durable. */
  committed(): void {
    // It ended in its first commit, which was refused: it never was.
    if (this.dropped) return;
    this.#ended = true;
    this.#events.ended(this);
    for (const settle of this.#waiting.splice(0)) this.#settle(settle);
  }

  /** The final state is not durable yet: callers are told, the write is tried again. */
  refused(error: unknown): 'keep' | 'drop' {
    for (const { reject } of this.#waiting.splice(0)) reject(error);
    return this.dropped ? 'drop' : 'keep';
  }

  /** Settles when the final state is durable. */
  outcome(): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const settle = { resolve, reject };
      if (this.#ended) this.#settle(settle);
      else if (this.dropped) reject(this.refusal);
      else if (this.#abandoned) reject(new RecoveryClosedError());
      else this.#waiting.push(settle);
    });
  }

  #settle({ resolve, reject }: Settle): void {
    const { context } = this.actor.getSnapshot();
    if (this.#state === 'success') resolve(this.output);
    else reject(endingError(this, this.#state as RecoveryState, context, this.thrown));
  }

  /** The recovery closes: nobody will see its end in this process. */
  abandon(): void {
    this.#abandoned = true;
    for (const { reject } of this.#waiting.splice(0)) reject(new RecoveryClosedError());
  }

  get traceable(): TraceableOperation {
    const { id: operationId, name, breakerKey } = this;
    return { operationId, name, breakerKey, trace: this.actor.getSnapshot().context.trace };
  }

  /** It goes on with what an earlier process began. */
  get restored(): boolean {
    return (
      this.#stored &&
      (this.#state === 'pending' || this.#state === 'in_progress' || this.#state === 'recovering')
    );
  }

  /** The store has a row of it. */
  get stored(): boolean {
    return this.#stored;
  }

  /** Its chart has ended, durably or not yet. */
  get isFinal(): boolean {
    return this.#final;
  }

  /** What it has done is being taken back. */
  get takesBack(): boolean {
    return isUndoing(this.actor.getSnapshot());
  }
}

function secretsOf({ definition, id, args, whole = args }: LiveOperationFacts) {
  const { secrets } = definition;
  return secrets && new OperationSecrets(definition, secrets, id, whole);
}
