import {
  CircuitOpenError,
  OperationCancelledError,
  OperationConflictError,
  OperationExhaustedError,
  OperationFailedError,
  OperationNotFoundError,
  OverloadedError,
  PersistenceError,
  RecoveryClosedError,
} from '../../../services/errors.ts';
import type { OperationHandle } from '../../../services/ports.ts';
import type { Ledger } from './ledger.ts';
import type { Process } from './process.ts';

/** Holds what callers are answered against what is durable at that moment. */
export class Answers {
  readonly #ledger: Ledger;
  readonly #wrong: (what: string) => void;

  constructor(ledger: Ledger, wrong: (what: string) => void) {
    this.#ledger = ledger;
    this.#wrong = wrong;
  }

  /** Somebody starts an operation, and waits for its end. */
  start(process: Process, id: string, call: Promise<OperationHandle<number>>): void {
    const known = this.#ledger.rows.has(id);
    this.#follow(process, `start of ${id}`, call, {
      answered: handle => {
        if (!this.#ledger.rows.has(id)) this.#wrong(`${id} is acknowledged and not durable`);
        this.result(process, id, handle.result());
      },
      refused: error => {
        if (!(error instanceof OverloadedError)) return error instanceof OperationConflictError;
        const isNew = !known && this.#ledger.rows.has(id);
        if (isNew) this.#wrong(`${id} was refused, and something of it is stored`);
        return true;
      },
    });
  }

  /** Somebody waits for the end of an operation. */
  result(process: Process, id: string, result: Promise<number>): void {
    const has = (state: string) => this.#ledger.history(id).some(({ to }) => to === state);
    this.#follow(process, `the result of ${id}`, result, {
      answered: value => {
        const row = this.#ledger.rows.get(id);
        if (row?.state === 'success' && row.result === JSON.stringify(value)) return;
        this.#wrong(`${id} gave ${value}, and durable is ${row?.state} with ${row?.result}`);
      },
      refused: error => {
        if (error instanceof OperationExhaustedError) return has('exhausted');
        const failed =
          error instanceof OperationFailedError ||
          error instanceof OperationCancelledError ||
          error instanceof CircuitOpenError;
        if (failed) return has('failed');
        return error instanceof OperationConflictError || error instanceof OverloadedError;
      },
    });
  }

  /** An order to an operation; `event` is what history says of one that was carried out. */
  order(process: Process, id: string, event: string, call: Promise<unknown>): void {
    const known = this.#ledger.rows.has(id);
    this.#follow(process, `${event} of ${id}`, call, {
      answered: done => {
        const told = this.#ledger.history(id).some(one => one.event === event);
        if (done !== false && !told) this.#wrong(`${event} of ${id} is answered and not durable`);
      },
      refused: error =>
        error instanceof OperationConflictError ||
        (error instanceof OperationNotFoundError && !known),
    });
  }

  /** Anything that is not about one operation. */
  call(process: Process, what: string, call: Promise<unknown>, answered = () => {}): void {
    this.#follow(process, what, call, { answered, refused: () => false });
  }

  #follow<T>(
    process: Process,
    what: string,
    call: Promise<T>,
    { answered, refused }: { answered: (value: T) => void; refused: (error: unknown) => boolean },
  ): void {
    process.unanswered++;
    call.then(
      value => {
        if (!process.alive) return;
        process.unanswered--;
        answered(value);
      },
      (error: unknown) => {
        if (!process.alive) return;
        process.unanswered--;
        const excused =
          (error instanceof PersistenceError && process.sawTrouble) ||
          (error instanceof RecoveryClosedError && process.closing);
        if (!excused && !refused(error)) this.#wrong(`${what}: ${describe(error)}`);
      },
    );
  }
}

const describe = (error: unknown): string =>
  error instanceof Error ? `${error.name}: ${error.message}` : String(error);
