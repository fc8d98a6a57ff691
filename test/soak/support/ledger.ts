import { isDeepStrictEqual } from 'node:util';
import type {
  BreakerRecord,
  CommitBatch,
  OperationRecord,
  OperationWrite,
  StatePersistence,
  StepRecord,
  Transition,
} from '../../../services/ports.ts';

type Row = OperationRecord;

/** What a store holds by the commits that it has acknowledged: told from outside, and as plainly as can be. */
export class Ledger {
  readonly rows = new Map<string, Row>();
  readonly breakers = new Map<string, BreakerRecord>();
  /** Every transition that is there, by position. */
  transitions: Transition[] = [];
  /** Of one operation, or of one breaker. */
  readonly histories = new Map<string, Transition[]>();
  readonly #steps = new Map<string, Map<string, StepRecord>>();
  position = 0;
  commits = 0;

  /** @param positions as the store gave them; the next ones where it could not say */
  add(batch: CommitBatch, positions?: readonly number[]): readonly Transition[] {
    this.commits++;
    for (const write of batch.operations) this.rows.set(write.id, merged(this.rows, write));
    for (const { operationId, name } of batch.forgottenSteps ?? []) {
      this.#steps.get(operationId)?.delete(name);
    }
    for (const step of batch.steps) {
      const steps = this.#steps.get(step.operationId) ?? new Map<string, StepRecord>();
      this.#steps.set(step.operationId, steps.set(step.name, step));
    }
    for (const key of batch.forgottenBreakers ?? []) this.#forget(key);
    const added = batch.transitions.map((write, index) => {
      const position = positions?.[index] ?? this.position + index + 1;
      const { kind, ...rest } = write;
      return { kind, position, ...rest } as Transition;
    });
    for (const transition of added) {
      const owner = ownerOf(transition);
      const history = this.histories.get(owner);
      if (history) history.push(transition);
      else this.histories.set(owner, [transition]);
    }
    this.transitions.push(...added);
    this.position = added.at(-1)?.position ?? this.position;
    for (const breaker of batch.breakers) this.breakers.set(breaker.key, breaker);
    return added;
  }

  #forget(key: string): void {
    this.breakers.delete(key);
    this.histories.delete(breakerOwner(key));
    this.transitions = this.transitions.filter(one => one.kind !== 'breaker' || one.key !== key);
  }

  step(operationId: string, name: string): StepRecord | undefined {
    return this.#steps.get(operationId)?.get(name);
  }

  history(id: string): readonly Transition[] {
    return this.histories.get(`operation ${id}`) ?? [];
  }

  /** What there is more, or other, in a store than here; undefined where both say the same. */
  async differenceTo(store: StatePersistence): Promise<string | undefined> {
    const { items } = await store.list({ limit: 1000, order: 'oldest' });
    for (const row of items) {
      if (!same(row, this.rows.get(row.id))) {
        return `the row of ${row.id}: ${JSON.stringify(row)}, not ${JSON.stringify(this.rows.get(row.id))}`;
      }
    }
    if (items.length !== this.rows.size) return `${items.length} rows, not ${this.rows.size}`;
    for (const { id } of items) {
      const steps = await store.steps(id);
      const mine = [...(this.#steps.get(id)?.values() ?? [])];
      if (!same(steps, mine)) return `the steps of ${id}`;
    }
    const breakers = await store.breakers();
    for (const one of breakers) {
      if (!same(one, this.breakers.get(one.key))) return `the breaker ${one.key}`;
    }
    if (breakers.length !== this.breakers.size) return `${breakers.length} breakers`;
    const transitions = await store.transitions({ limit: 10_000 });
    return same(transitions, this.transitions) ? undefined : 'the transitions';
  }

  copy(): Ledger {
    const copy = new Ledger();
    for (const [id, row] of this.rows) copy.rows.set(id, row);
    for (const [key, breaker] of this.breakers) copy.breakers.set(key, breaker);
    for (const [owner, history] of this.histories) copy.histories.set(owner, [...history]);
    for (const [id, steps] of this.#steps) copy.#steps.set(id, new Map(steps));
    copy.transitions = [...this.transitions];
    copy.position = this.position;
    copy.commits = this.commits;
    return copy;
  }
}

export const breakerOwner = (key: string): string => `breaker ${key}`;
export const ownerOf = (of: Transition): string =>
  of.kind === 'breaker' ? breakerOwner(of.key) : `operation ${of.operationId}`;

const same = (one: unknown, other: unknown): boolean => isDeepStrictEqual(one, other);

function merged(rows: ReadonlyMap<string, Row>, write: OperationWrite): Row {
  const before = rows.get(write.id);
  const kept = { args: null, metadata: null, parentId: null, createdAt: write.updatedAt };
  return { ...kept, ...before, ...write } as Row;
}
