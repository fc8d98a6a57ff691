import { compareTexts, Interned } from './interned.ts';
import { pathAfter } from './paths.ts';
import { OPERATION_STATES } from './states.ts';
import { instantOf } from './time.ts';
import type { OperationState, RecoveryUpdate, Summary } from './wire.ts';

/** An operation, as a table shows it. */
export interface Row {
  readonly id: string;
  readonly name: string;
  readonly state: OperationState;
  readonly path: string;
  readonly attempt: number;
  /** Empty while it is not known: an update does not tell it. */
  readonly breakerKey: string;
  readonly dueAt: number | null;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly error: string;
}

export type SortColumn =
  | 'id'
  | 'name'
  | 'state'
  | 'attempt'
  | 'breakerKey'
  | 'dueAt'
  | 'createdAt'
  | 'updatedAt'
  | 'error';

const FIRST_SIZE = 1_024;
const NONE = -1;

/** Operations in columns: a hundred thousand of them cost some megabytes, and no object each. A row keeps its number for ever. */
export class RowStore {
  readonly #ids: string[] = [];
  readonly #rows = new Map<string, number>();
  readonly #errors: string[] = [];
  readonly names = new Interned();
  readonly keys = new Interned();
  readonly #paths = new Interned();
  #state = new Uint8Array(FIRST_SIZE);
  #name = new Int32Array(FIRST_SIZE);
  #key = new Int32Array(FIRST_SIZE);
  #path = new Int32Array(FIRST_SIZE);
  #attempt = new Int32Array(FIRST_SIZE);
  #due = new Float64Array(FIRST_SIZE);
  #created = new Float64Array(FIRST_SIZE);
  #updated = new Float64Array(FIRST_SIZE);
  readonly #counts = new Int32Array(OPERATION_STATES.length);

  get size(): number {
    return this.#ids.length;
  }

  /** How many rows are in a state. */
  count(state: OperationState): number {
    return this.#counts[OPERATION_STATES.indexOf(state)] ?? 0;
  }

  find(id: string): number | undefined {
    return this.#rows.get(id);
  }

  /** Takes what a page or a snapshot says. Returns the row, or `undefined` where something newer is known already. */
  put(summary: Summary): number | undefined {
    const updated = instantOf(summary.updated_at) ?? 0;
    const row = this.#rowOf(summary.operation_id);
    // A page may be older than an update that came while it was under way; but only it knows the key.
    const key = this.keys.numberOf(summary.breaker_key);
    const keyIsNew = this.#key[row] !== key;
    this.#key[row] = key;
    const known = this.#updated[row] ?? 0;
    // Within one millisecond a page cannot be newer than an update that says something else.
    const isOlder = known > updated || (known === updated && this.stateOf(row) !== summary.state);
    if (isOlder) return keyIsNew ? row : undefined;
    this.#name[row] = this.names.numberOf(summary.function_name);
    this.#path[row] = this.#paths.numberOf(summary.path);
    this.#attempt[row] = summary.attempt;
    this.#due[row] = instantOf(summary.due_at) ?? NONE;
    this.#created[row] = instantOf(summary.created_at) ?? 0;
    this.#updated[row] = updated;
    this.#errors[row] = summary.error_message ?? '';
    this.#enter(row, summary.state);
    return row;
  }

  /** Takes what has happened. Returns the row, or `undefined` where something newer is known already. */
  apply(update: RecoveryUpdate): number | undefined {
    const at = instantOf(update.timestamp) ?? 0;
    const known = this.#rows.has(update.operation_id);
    const row = this.#rowOf(update.operation_id);
    if (known && (this.#updated[row] ?? 0) > at) return undefined;
    if (!known) {
      this.#name[row] = this.names.numberOf(update.function_name);
      this.#key[row] = this.keys.numberOf('');
      this.#created[row] = at;
    }
    const reason = update.reason;
    this.#path[row] = this.#paths.numberOf(pathAfter(update));
    this.#attempt[row] = update.attempt;
    this.#due[row] = typeof reason?.dueAt === 'number' ? reason.dueAt : NONE;
    this.#updated[row] = at;
    this.#errors[row] = this.#errorAfter(row, update);
    this.#enter(row, update.state);
    return row;
  }

  row(row: number): Row {
    const due = this.#due[row] ?? NONE;
    return {
      id: this.#ids[row] ?? '',
      name: this.nameOf(row),
      state: this.stateOf(row),
      path: this.#paths.textOf(this.#path[row] ?? 0),
      attempt: this.#attempt[row] ?? 0,
      breakerKey: this.keyOf(row),
      dueAt: due === NONE ? null : due,
      createdAt: this.createdAt(row),
      updatedAt: this.#updated[row] ?? 0,
      error: this.errorOf(row),
    };
  }

  idOf = (row: number): string => this.#ids[row] ?? '';
  nameOf = (row: number): string => this.names.textOf(this.#name[row] ?? 0);
  keyOf = (row: number): string => this.keys.textOf(this.#key[row] ?? 0);
  errorOf = (row: number): string => this.#errors[row] ?? '';
  createdAt = (row: number): number => this.#created[row] ?? 0;
  stateOf = (row: number): OperationState => OPERATION_STATES[this.#state[row] ?? 0] ?? 'pending';

  /** Compares two rows by a column; rows that are equal in it by their number, so that the order never depends on chance. */
  comparator(column: SortColumn, descending: boolean): (a: number, b: number) => number {
    const compare = this.#comparatorOf(column);
    const sign = descending ? -1 : 1;
    return (a, b) => sign * compare(a, b) || a - b;
  }

  #comparatorOf(column: SortColumn): (a: number, b: number) => number {
    switch (column) {
      case 'id':
        return (a, b) => compareTexts(this.#ids[a] ?? '', this.#ids[b] ?? '');
      case 'error':
        return (a, b) => compareTexts(this.errorOf(a), this.errorOf(b));
      case 'name':
        return byRank(this.#name, this.names.ranks());
      case 'breakerKey':
        return byRank(this.#key, this.keys.ranks());
      case 'state':
        return byNumber(this.#state);
      case 'attempt':
        return byNumber(this.#attempt);
      case 'dueAt':
        return byNumber(this.#due);
      case 'createdAt':
        return byNumber(this.#created);
      case 'updatedAt':
        return byNumber(this.#updated);
    }
  }

  /** What went wrong last, as far as an update tells. */
  #errorAfter(row: number, { state, reason }: RecoveryUpdate): string {
    if (state === 'success') return '';
    if (reason === null) return this.errorOf(row);
    const isEnd = state === 'failed' || state === 'exhausted';
    return isEnd || reason.kind === 'retry' ? reason.message : this.errorOf(row);
  }

  #enter(row: number, state: OperationState): void {
    const before = this.#state[row] ?? 0;
    const after = Math.max(0, OPERATION_STATES.indexOf(state));
    this.#counts[before] = (this.#counts[before] ?? 0) - 1;
    this.#counts[after] = (this.#counts[after] ?? 0) + 1;
    this.#state[row] = after;
  }

  #rowOf(id: string): number {
    const known = this.#rows.get(id);
    if (known !== undefined) return known;
    const row = this.#ids.length;
    if (row === this.#state.length) this.#grow();
    this.#ids.push(id);
    this.#errors.push('');
    this.#rows.set(id, row);
    this.#counts[0] = (this.#counts[0] ?? 0) + 1;
    return row;
  }

  #grow(): void {
    const size = this.#state.length * 2;
    this.#state = copied(new Uint8Array(size), this.#state);
    this.#name = copied(new Int32Array(size), this.#name);
    this.#key = copied(new Int32Array(size), this.#key);
    this.#path = copied(new Int32Array(size), this.#path);
    this.#attempt = copied(new Int32Array(size), this.#attempt);
    this.#due = copied(new Float64Array(size), this.#due);
    this.#created = copied(new Float64Array(size), this.#created);
    this.#updated = copied(new Float64Array(size), this.#updated);
  }
}

type Numbers = Uint8Array | Int32Array | Float64Array;

const byNumber = (column: Numbers) => (a: number, b: number) => (column[a] ?? 0) - (column[b] ?? 0);

const byRank = (column: Int32Array, ranks: Int32Array) => (a: number, b: number) =>
  (ranks[column[a] ?? 0] ?? 0) - (ranks[column[b] ?? 0] ?? 0);

function copied<Target extends Numbers>(target: Target, source: Target): Target {
  target.set(source);
  return target;
}
