import { isDeepStrictEqual } from 'node:util';
import type { OperationRecord } from '../../../services/ports.ts';
import { storedContext } from './histories.ts';
import type { Ledger } from './ledger.ts';
import type { Process } from './process.ts';
import { isUndoing } from './undo-watch.ts';

const isUnfinished = ({ state }: OperationRecord): boolean =>
  state === 'pending' || state === 'in_progress' || state === 'recovering';

/** Holds what a recovery says of itself against what is durable. */
export class HealthCheck {
  readonly #ledger: Ledger;
  readonly #wrong: (what: string) => void;

  constructor(ledger: Ledger, wrong: (what: string) => void) {
    this.#ledger = ledger;
    this.#wrong = wrong;
  }

  /** @param quiet everything that was going to happen without time has happened, and is durable */
  check(process: Process, quiet: boolean): void {
    const health = process.recovery.health();
    const { quarantined, undefinedOperations } = health;
    this.#same('quarantined', quarantined, []);
    this.#same('without a definition', undefinedOperations, {});
    this.#toldInOrder(process);
    if (!quiet || !health.healthy) return;
    const unfinished = [...this.#ledger.rows.values()].filter(isUnfinished);
    for (const [key, { holder }] of Object.entries(health.locks.keys)) {
      const ended = holder !== null && !unfinished.some(({ id }) => id === holder);
      if (ended) this.#wrong(`${holder} has the lock ${key}, and has ended`);
    }
    if (!process.resumed) {
      if (health.active > unfinished.length) this.#same('active', health.active, unfinished.length);
      return;
    }
    this.#same('active', health.active, unfinished.length);
    this.#slots(process, unfinished);
    this.#locks(process, unfinished);
    this.#breakers(process, unfinished);
    this.#metrics(process);
    this.#children(unfinished);
  }

  #same(what: string, found: unknown, expected: unknown): void {
    if (isDeepStrictEqual(found, expected)) return;
    this.#wrong(`${what}: ${JSON.stringify(found)}, and it should be ${JSON.stringify(expected)}`);
  }

  /** Each durable transition once, in order. */
  #toldInOrder(process: Process): void {
    const told = JSON.parse(JSON.stringify(process.told.splice(0)));
    this.#same('told transitions', told, process.committed.splice(0));
  }

  #slots(process: Process, unfinished: readonly OperationRecord[]): void {
    const { slots } = process.recovery.health();
    const limited = unfinished.filter(row => storedContext(row.snapshot).context.policy.limited);
    const running = limited.filter(row => row.state === 'in_progress' && !isUndoing(row));
    const lent = running.filter(({ id }) => process.calls.lent.has(id));
    this.#same('slots in use', slots.running, running.length - lent.length);
    const queued = limited.filter(({ snapshot }) =>
      isDeepStrictEqual(storedContext(snapshot).value, { pending: 'queued' }),
    );
    this.#same('waiting for their first slot', slots.pending, queued.length);
  }

  #locks(process: Process, unfinished: readonly OperationRecord[]): void {
    const { locks } = process.recovery.health();
    const waiting = unfinished.filter(({ snapshot }) =>
      isDeepStrictEqual(storedContext(snapshot).value, { pending: 'locked' }),
    );
    this.#same('waiting for locks', locks.waiting, waiting.length);
    // A fallback may stand in for one that has never had its lock.
    const isWithout = ({ snapshot }: OperationRecord) =>
      storedContext(snapshot).context.ending?.withoutLock === true;
    const begun = unfinished.filter(row => row.state !== 'pending' && !isWithout(row));
    for (const [key, { holder }] of Object.entries(locks.keys)) {
      const held = unfinished.find(({ id }) => id === holder);
      if (held && isWithout(held)) this.#wrong(`${holder} counts as holder of ${key}, and is none`);
      const holders = begun.filter(row => storedContext(row.snapshot).context.policy.lock === key);
      if (holders.length > 1) this.#wrong(`${key} has ${holders.length} holders`);
      if (holders.length === 0) continue;
      const ids = holders.map(({ id }) => id);
      if (holder === null || !ids.includes(holder)) this.#same(`holder of ${key}`, holder, ids);
    }
  }

  #breakers(process: Process, unfinished: readonly OperationRecord[]): void {
    for (const { key, state, operations, tokens, probes } of process.recovery.breakers()) {
      const stored = this.#ledger.breakers.get(key);
      if (stored) this.#same(`state of ${key}`, state, stored.state);
      const own = unfinished.filter(({ breakerKey }) => breakerKey === key);
      this.#same(`operations of ${key}`, operations, own.length);
      const trying = own.filter(row => row.state === 'in_progress' && !isUndoing(row)).length;
      if (probes > trying) this.#wrong(`${key} has ${probes} probes out, and ${trying} try`);
      const full = tokens === null || (tokens >= 0 && tokens <= 10);
      if (!full) this.#wrong(`${key} has ${tokens} tokens of 10`);
    }
  }

  #metrics(process: Process): void {
    const { succeeded, failed, exhausted, undos, failedUndos } = process.recovery.metrics;
    const { ended, undone } = process;
    this.#same('metrics', [succeeded, failed, exhausted], ended);
    this.#same('metrics of undos', [undos, failedUndos], undone);
  }

  /** What is unfinished has no parent that is finished, or takes back; it may take back itself. */
  #children(unfinished: readonly OperationRecord[]): void {
    for (const row of unfinished) {
      const { id, parentId } = row;
      const parent = parentId === null ? undefined : this.#ledger.rows.get(parentId);
      if (parent === undefined || isUndoing(row)) continue;
      if (!isUnfinished(parent)) {
        this.#wrong(`${id} is unfinished, and its parent is ${parent.state}`);
      }
      if (isUndoing(parent)) this.#wrong(`${id} is unfinished, and its parent takes back`);
    }
  }
}
