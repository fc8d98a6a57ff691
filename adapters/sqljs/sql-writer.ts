import type {
  BreakerRecord,
  OperationWrite,
  StepRecord,
  TransitionWrite,
} from '../../services/ports.ts';
import type { CoalescedOperation, CoalescedWrite } from './coalesce.ts';
import type { Database, Statement } from './sqlite.ts';

/** What a later write may change. The rest stays out of the SET list, so that its indexes are not touched. */
const CHANGING = [
  'state',
  'attempt',
  'seq',
  'result',
  'error',
  'snapshot',
  'version',
  'breaker_key',
  'due_at',
  'owner',
  'epoch',
  'updated_at',
];
const LASTING = ['operation_id', 'function_name', 'args', 'metadata', 'created_at'];
const COLUMNS = [...LASTING, ...CHANGING];

function setFrom(columns: readonly string[]): string {
  return columns.map(column => `${column} = excluded.${column}`).join(', ');
}

const PUT_OPERATION = `
  INSERT INTO recovery_data (${COLUMNS.join(', ')}) VALUES (${COLUMNS.map(() => '?').join(', ')})
  ON CONFLICT (operation_id) DO UPDATE SET `;

/** Prepared writes on one database. */
export class SqlWriter {
  readonly #db: Database;
  readonly #first: Statement;
  readonly #later: Statement;
  readonly #step: Statement;
  readonly #forgetStep: Statement;
  readonly #forgetBreaker: Statement;
  readonly #forgetBreakerTransitions: Statement;
  readonly #transition: Statement;
  readonly #breaker: Statement;

  constructor(db: Database) {
    this.#db = db;
    this.#first = db.prepare(PUT_OPERATION + setFrom(COLUMNS.slice(1)));
    this.#later = db.prepare(PUT_OPERATION + setFrom(CHANGING));
    this.#step = db.prepare(`
      INSERT INTO recovery_steps (operation_id, name, result, attempt, at) VALUES (?, ?, ?, ?, ?)
      ON CONFLICT (operation_id, name) DO UPDATE SET ${setFrom(['result', 'attempt', 'at'])}`);
    this.#forgetStep = db.prepare('DELETE FROM recovery_steps WHERE operation_id = ? AND name = ?');
    this.#forgetBreaker = db.prepare('DELETE FROM recovery_breakers WHERE key = ?');
    this.#forgetBreakerTransitions = db.prepare(
      'DELETE FROM recovery_transitions WHERE breaker_key = ?',
    );
    this.#transition = db.prepare(`
      INSERT INTO recovery_transitions
        (position, operation_id, breaker_key, function_name, seq, from_state, to_state, event, attempt, reason, at)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`);
    this.#breaker = db.prepare(`
      INSERT INTO recovery_breakers (key, state, seq, snapshot, updated_at) VALUES (?, ?, ?, ?, ?)
      ON CONFLICT (key) DO UPDATE SET ${setFrom(['state', 'seq', 'snapshot', 'updated_at'])}`);
  }

  write(part: CoalescedWrite): void {
    const { operations, forgottenSteps, forgottenBreakers, steps, transitions, breakers } = part;
    for (const operation of operations.values()) this.#putOperation(operation);
    for (const { operationId, name } of forgottenSteps) this.#forgetStep.run([operationId, name]);
    for (const key of forgottenBreakers) {
      this.#forgetBreaker.run([key]);
      this.#forgetBreakerTransitions.run([key]);
    }
    for (const step of steps) this.#putStep(step);
    for (const [position, write] of transitions) this.#addTransition(position, write);
    for (const breaker of breakers.values()) this.#putBreaker(breaker);
  }

  free(): void {
    for (const statement of [
      this.#first,
      this.#later,
      this.#step,
      this.#forgetStep,
      this.#forgetBreaker,
      this.#forgetBreakerTransitions,
      this.#transition,
      this.#breaker,
    ]) {
      statement.free();
    }
  }

  #putOperation({ write, firstAt }: CoalescedOperation): void {
    const { args, metadata, createdAt } = write;
    const whole = args !== undefined && metadata !== undefined && createdAt !== undefined;
    const none = args === undefined && metadata === undefined && createdAt === undefined;
    const statement = whole ? this.#first : this.#later;
    statement.run([
      write.id,
      write.name,
      args ?? null,
      metadata ?? null,
      createdAt ?? firstAt,
      write.state,
      write.attempt,
      write.seq,
      write.result ?? null,
      write.error ?? null,
      JSON.stringify(write.snapshot ?? null),
      write.version,
      write.breakerKey,
      write.dueAt ?? null,
      write.owner ?? null,
      write.epoch,
      write.updatedAt,
    ]);
    if (!whole && !none) this.#patch(write);
  }

  /** The rare write that gives some of the lasting columns and leaves out others. */
  #patch({ id, args, metadata, createdAt }: OperationWrite): void {
    for (const [column, value] of Object.entries({ args, metadata, created_at: createdAt })) {
      if (value === undefined) continue;
      this.#db.run(`UPDATE recovery_data SET ${column} = ? WHERE operation_id = ?`, [value, id]);
    }
  }

  #putStep(step: StepRecord): void {
    this.#step.run([step.operationId, step.name, step.result ?? null, step.attempt, step.at]);
  }

  #addTransition(position: number, write: TransitionWrite): void {
    const operation = write.kind === 'operation';
    this.#transition.run([
      position,
      operation ? write.operationId : null,
      operation ? null : write.key,
      operation ? write.name : null,
      write.seq,
      write.from ?? null,
      write.to,
      write.event,
      operation ? write.attempt : null,
      write.reason ? JSON.stringify(write.reason) : null,
      write.at,
    ]);
  }

  #putBreaker({ key, state, seq, snapshot, updatedAt }: BreakerRecord): void {
    this.#breaker.run([key, state, seq, JSON.stringify(snapshot ?? null), updatedAt]);
  }
}
