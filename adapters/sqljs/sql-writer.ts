import type { BreakerRecord, StepRecord } from '../../services/ports.ts';
import type { CoalescedOperation, CoalescedWrite } from './coalesce.ts';
import type { Lasting, TransitionRow } from './rows.ts';
import type { Database, SqlValue, Statement } from './sqlite.ts';

/** In the order of `OperationRow`. A later write may change all but the first two. */
const COLUMNS = [
  'operation_id',
  'function_name',
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
const SNAPSHOT = COLUMNS.indexOf('snapshot');
const LASTING = ['args', 'metadata', 'created_at', 'parent_id'];
const ALL = [...COLUMNS, ...LASTING];
/** The rest stays out of the SET list, so that its indexes are not touched. */
const CHANGING = COLUMNS.slice(2);

function setFrom(columns: readonly string[]): string {
  return columns.map(column => `${column} = excluded.${column}`).join(', ');
}

/** What is nobody's child is written without saying so. */
const KEEP_PARENT = 'parent_id = coalesce(excluded.parent_id, parent_id)';

const PUT_OPERATION = `
  INSERT INTO recovery_data (${ALL.join(', ')}) VALUES (${ALL.map(() => '?').join(', ')})
  ON CONFLICT (operation_id) DO UPDATE SET `;

const FIRST = `${PUT_OPERATION}${setFrom(ALL.slice(1, -1))}, ${KEEP_PARENT}`;
const LATER = PUT_OPERATION + setFrom(CHANGING);
const STEP = `
  INSERT INTO recovery_steps (operation_id, name, result, attempt, at) VALUES (?, ?, ?, ?, ?)
  ON CONFLICT (operation_id, name) DO UPDATE SET ${setFrom(['result', 'attempt', 'at'])}`;
const FORGET_STEP = 'DELETE FROM recovery_steps WHERE operation_id = ? AND name = ?';
const FORGET_BREAKER = 'DELETE FROM recovery_breakers WHERE key = ?';
const FORGET_BREAKER_TRANSITIONS = 'DELETE FROM recovery_transitions WHERE breaker_key = ?';
const TRANSITION = `
  INSERT INTO recovery_transitions
    (position, operation_id, breaker_key, function_name, seq, from_state, to_state, event, attempt, reason, at)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;
const BREAKER = `
  INSERT INTO recovery_breakers (key, state, seq, snapshot, updated_at) VALUES (?, ?, ?, ?, ?)
  ON CONFLICT (key) DO UPDATE SET ${setFrom(['state', 'seq', 'snapshot', 'updated_at'])}`;

/** Writes on one database. Each is prepared when it is needed first: most processes need few of them. */
export class SqlWriter {
  readonly #db: Database;
  readonly #prepared = new Map<string, Statement>();

  constructor(db: Database) {
    this.#db = db;
  }

  write(part: CoalescedWrite): void {
    const { operations, forgottenSteps, forgottenBreakers, steps, transitions, breakers } = part;
    for (const operation of operations.values()) this.#putOperation(operation);
    for (const { operationId, name } of forgottenSteps) this.#run(FORGET_STEP, [operationId, name]);
    for (const key of forgottenBreakers) {
      this.#run(FORGET_BREAKER, [key]);
      this.#run(FORGET_BREAKER_TRANSITIONS, [key]);
    }
    for (const step of steps) this.#putStep(step);
    for (const [position, row] of transitions) this.#addTransition(position, row);
    for (const breaker of breakers.values()) this.#putBreaker(breaker);
  }

  free(): void {
    for (const statement of this.#prepared.values()) statement.free();
    this.#prepared.clear();
  }

  #run(sql: string, values: readonly SqlValue[]): void {
    let statement = this.#prepared.get(sql);
    if (statement === undefined) {
      statement = this.#db.prepare(sql);
      this.#prepared.set(sql, statement);
    }
    statement.run(values);
  }

  #putOperation({ row, lasting, firstAt }: CoalescedOperation): void {
    const { args, metadata, createdAt, parentId } = lasting ?? {};
    const whole = args !== undefined && metadata !== undefined && createdAt !== undefined;
    const values = row.slice(0, COLUMNS.length) as SqlValue[];
    values[SNAPSHOT] = JSON.stringify(row[SNAPSHOT]);
    values.push(args ?? null, metadata ?? null, createdAt ?? firstAt, parentId ?? null);
    this.#run(whole ? FIRST : LATER, values);
    if (lasting !== undefined && !whole) this.#patch(row[0], lasting);
  }

  /** The rare write that gives some of the lasting columns and leaves out others. */
  #patch(id: string, { args, metadata, createdAt, parentId }: Lasting): void {
    const columns = { args, metadata, created_at: createdAt, parent_id: parentId };
    for (const [column, value] of Object.entries(columns)) {
      if (value === undefined) continue;
      this.#db.run(`UPDATE recovery_data SET ${column} = ? WHERE operation_id = ?`, [value, id]);
    }
  }

  #putStep(step: StepRecord): void {
    this.#run(STEP, [step.operationId, step.name, step.result ?? null, step.attempt, step.at]);
  }

  #addTransition(position: number, row: TransitionRow): void {
    const [operationId, key, name, seq, from, to, event, attempt, reason, at] = row;
    this.#run(TRANSITION, [
      position,
      operationId,
      key,
      name,
      seq,
      from,
      to,
      event,
      attempt,
      reason ? JSON.stringify(reason) : null,
      at,
    ]);
  }

  #putBreaker({ key, state, seq, snapshot, updatedAt }: BreakerRecord): void {
    this.#run(BREAKER, [key, state, seq, JSON.stringify(snapshot ?? null), updatedAt]);
  }
}
