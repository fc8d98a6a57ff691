import { OperationConflictError, PersistenceError } from '../errors.ts';
import { fromJson } from '../json.ts';
import type { Logger, OperationRecord, QuarantinedOperation, StatePersistence } from '../ports.ts';
import type { CommitLog } from './commit-log.ts';
import type { Definition } from './definition.ts';
import type { LiveOperation } from './live-operation.ts';
import { migrateOperationSnapshot } from './operation-migrations.ts';
import { hasUndos, type OperationSnapshot, stateOf } from './operation-snapshot.ts';
import type { Operations } from './operations.ts';
import { RecordMigration } from './record-migration.ts';
import { type Parsed, parseOperationSnapshot } from './stored-snapshots.ts';

/** Brings stored operations to life. What does not fit is quarantined: kept as it is, listed, not run. */
export class Rehydration {
  readonly #operations: Operations;
  readonly #migration: RecordMigration;
  readonly #logger: Logger;
  readonly #persistence: StatePersistence;
  readonly #shelved: (id: string) => void;
  readonly quarantined = new Map<string, QuarantinedOperation>();

  /** @param shelved told of each operation that is quarantined */
  constructor(
    operations: Operations,
    persistence: StatePersistence,
    log: CommitLog,
    logger: Logger,
    shelved: (id: string) => void,
  ) {
    this.#operations = operations;
    this.#migration = new RecordMigration(persistence, log);
    this.#logger = logger;
    this.#persistence = persistence;
    this.#shelved = shelved;
  }

  /** It has ended without living here: nothing is left to look into. */
  ended(id: string): void {
    this.quarantined.delete(id);
  }

  /** The operation, alive; undefined when it is quarantined. No promise where none is needed: there may be ten thousands. */
  restore(
    definition: Definition,
    record: OperationRecord,
  ): LiveOperation | undefined | Promise<LiveOperation | undefined> {
    const known = this.#operations.get(record.id);
    if (known !== undefined) return known;
    const fit = fitting(record);
    if (!fit.ok) return this.#quarantine(record, fit.why);
    const { snapshot } = fit;
    if (record.version === definition.version) return this.#revive(definition, record, snapshot);
    return this.#migration.run(definition, record).then(
      migrated => this.#revive(definition, migrated, snapshot),
      (error: unknown) => this.#quarantine(record, messageOf(error)),
    );
  }

  /**
   * A failed or exhausted operation, started again.
   * @throws OperationConflictError when it is of another version and cannot be migrated
   */
  async retry(
    definition: Definition,
    record: OperationRecord,
    bound?: number,
  ): Promise<LiveOperation> {
    if (record.version === definition.version) return this.#retry(definition, record, bound);
    let migrated: OperationRecord;
    try {
      migrated = await this.#migration.run(definition, record);
    } catch (error) {
      if (error instanceof PersistenceError) throw error;
      throw new OperationConflictError(
        `operation "${record.id}" cannot be retried: ${messageOf(error)}`,
        { cause: error, details: { operationId: record.id } },
      );
    }
    return this.#retry(definition, migrated, bound);
  }

  /** Steps whose effects were taken back are run again. */
  async #retry(
    definition: Definition,
    record: OperationRecord,
    bound: number | undefined,
  ): Promise<LiveOperation> {
    const wasUndone = hasUndos(record.snapshot);
    const steps = wasUndone ? await this.#persistence.steps(record.id) : [];
    const names = steps.map(({ name }) => name);
    return this.#operations.retry(definition, record, bound, names);
  }

  #revive(
    definition: Definition,
    record: OperationRecord,
    snapshot: OperationSnapshot,
  ): LiveOperation {
    this.quarantined.delete(record.id);
    return this.#operations.restore(definition, record, snapshot);
  }

  #quarantine({ id, name }: OperationRecord, why: string): undefined {
    this.quarantined.set(id, { id, name, why });
    this.#shelved(id);
    this.#logger.warn(
      { operation_id: id, function_name: name, why },
      'an operation is quarantined',
    );
    return undefined;
  }
}

/** The snapshot of a row that can be gone on with. */
function fitting(record: OperationRecord): Parsed<OperationSnapshot> {
  const parsed = parseOperationSnapshot(migrateOperationSnapshot(record.snapshot));
  if (!parsed.ok) return parsed;
  const why = contradiction(record, parsed.snapshot) ?? unreadable(record);
  return why === undefined ? parsed : { ok: false, why };
}

/** A row and a snapshot that tell different things were not written by one commit. */
function contradiction(record: OperationRecord, snapshot: OperationSnapshot): string | undefined {
  const { operationId, name, attempt, last } = snapshot.context;
  const pairs: readonly (readonly [what: string, inSnapshot: unknown, inRow: unknown])[] = [
    ['operation', operationId, record.id],
    ['name', name, record.name],
    ['state', stateOf(snapshot), record.state],
    ['attempt', attempt, record.attempt],
    ['transition', last.seq, record.seq],
  ];
  const pair = pairs.find(([, inSnapshot, inRow]) => inSnapshot !== inRow);
  if (pair === undefined) return undefined;
  const [what, inSnapshot, inRow] = pair;
  return `the stored snapshot is of ${what} ${JSON.stringify(inSnapshot)}, the row of ${JSON.stringify(inRow)}`;
}

function unreadable({ args }: OperationRecord): string | undefined {
  try {
    fromJson(args);
    return undefined;
  } catch {
    return 'the stored input is not JSON';
  }
}

const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);
