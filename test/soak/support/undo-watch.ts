import { isDeepStrictEqual } from 'node:util';
import type { CommitBatch, UndoContext } from '../../../services/ports.ts';
import { type StoredContext, storedContext } from './histories.ts';
import type { Ledger } from './ledger.ts';

export type StoredUndos = NonNullable<StoredContext['context']['undos']>;
type StoredUndo = StoredUndos['left'][number];

/** Retries of an undo where the policy says nothing. */
const UNDO_RETRIES = 3;

const UNDOING = { in_progress: 'undoing' };
const textOf = ({ name, input }: StoredUndo): string => `${name} ${input}`;

/** It takes back, or is about to. */
export const isUndoing = ({ snapshot }: { readonly snapshot: unknown }): boolean => {
  const { value } = storedContext(snapshot);
  return isDeepStrictEqual(value, UNDOING) || isDeepStrictEqual(value, { recovering: 'undoing' });
};

/** Holds what is taken back against what was registered. */
export class UndoWatch {
  readonly #ledger: Ledger;
  readonly #wrong: (what: string) => void;
  /** What each operation has left to take back, as its row said last. */
  readonly #left = new Map<string, readonly StoredUndo[]>();
  /** What was taken back or given up, by operation and life. */
  readonly #over = new Set<string>();
  /** Transitions that have told of a call which was made. */
  readonly #called = new Set<string>();

  constructor(ledger: Ledger, wrong: (what: string) => void) {
    this.#ledger = ledger;
    this.#wrong = wrong;
  }

  /** The ledger has the batch by now. */
  afterCommit(batch: CommitBatch): void {
    for (const { id, state, snapshot } of batch.operations) {
      const stored = storedContext(snapshot);
      const { undos, undone = 0, policy } = stored.context;
      const before = this.#left.get(`${id} ${undone}`) ?? [];
      const left = undos?.left ?? [];
      this.#left.set(`${id} ${undone}`, left);
      const isFinal = /^(success|failed|exhausted)$/.test(state);
      if (isFinal && left.length > 0) this.#wrong(`${id} is ${state}, and ${left.length} are left`);
      if (state === 'success' && undos) this.#wrong(`${id} has succeeded, and keeps its undos`);
      if (state === 'success') continue;
      const [shorter, longer] = left.length < before.length ? [left, before] : [before, left];
      if (!isDeepStrictEqual(longer.slice(0, shorter.length), shorter)) {
        this.#wrong(`${id}: undos are ${left.map(textOf)}, and were ${before.map(textOf)}`);
      }
      if (shorter === left) {
        for (const one of before.slice(left.length))
          this.#over.add(`${id} ${undone} ${textOf(one)}`);
        if (!isFinal && !isUndoing({ snapshot }))
          this.#wrong(`${id} is ${state}, and has lost undos`);
      }
      const { failures = 0, interruptions = 0 } = undos ?? {};
      const most = policy.undoRetries ?? UNDO_RETRIES;
      if (failures > most) this.#wrong(`${id}: ${failures} retries of an undo, of ${most}`);
      if (interruptions > policy.maxInterruptions) {
        this.#wrong(`${id}: ${interruptions} interruptions of an undo`);
      }
    }
  }

  /** A function was told that what it has registered is durable. */
  registered(id: string, name: string, input: unknown): void {
    const { context } = storedContext(this.#ledger.rows.get(id)?.snapshot ?? { context: {} });
    const one = { name, input: JSON.stringify(input) };
    if (context.undos?.left.some(known => textOf(known) === textOf(one))) return;
    this.#wrong(`undo ${textOf(one)} of ${id} is registered, and not durable`);
  }

  /** The call must be one that may be. @returns the lock that the operation has */
  called(op: UndoContext, input: unknown): string | undefined {
    const { id, undo: name, attempt } = op;
    const wrong = (what: string) => this.#wrong(`${id}: undo ${name}, call ${attempt}, ${what}`);
    const row = this.#ledger.rows.get(id);
    const { value, context } = storedContext(row?.snapshot ?? { context: { policy: {} } });
    const { undos, held, ending, undone = 0, policy } = context;
    if (!isDeepStrictEqual(value, UNDOING)) wrong(`durable is ${JSON.stringify(value)}`);
    if (held) wrong('its breaker has not got its permit back');
    const next = undos?.left.at(-1);
    const one = { name, input: JSON.stringify(input) };
    if (next === undefined || textOf(next) !== textOf(one)) {
      wrong(`its turn has not come: ${next && textOf(next)} is next`);
    }
    const { failures = 0, interruptions = 0 } = undos ?? {};
    if (attempt !== failures + interruptions + 1)
      wrong(`${failures}, ${interruptions} are durable`);
    if (this.#over.has(`${id} ${undone} ${textOf(one)}`)) wrong('it is over');
    const key = `${id} ${row?.seq}`;
    if (this.#called.has(key)) wrong(`it was called for transition ${row?.seq} before`);
    this.#called.add(key);
    return ending?.withoutLock ? undefined : policy.lock;
  }
}
