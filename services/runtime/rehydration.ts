import { ConfigError } from '../errors.ts';
import { fromJson, toStrictJson } from '../json.ts';
import type { Logger, OperationRecord, QuarantinedOperation, StatePersistence } from '../ports.ts';
import type { CommitLog } from './commit-log.ts';
import type { Definition } from './definition.ts';
import type { LiveOperation } from './live-operation.ts';
import { migrateOperationSnapshot } from './migrations.ts';
import type { OperationSnapshot } from './operation-snapshot.ts';
import type { Operations } from './operations.ts';
import { parseOperationSnapshot } from './stored-snapshots.ts';

/** Brings stored operations to life. What does not fit is quarantined: kept as it is, listed, not run. */
export class Rehydration {
  readonly #operations: Operations;
  readonly #persistence: StatePersistence;
  readonly #log: CommitLog;
  readonly #logger: Logger;
  readonly quarantined = new Map<string, QuarantinedOperation>();

  constructor(
    operations: Operations,
    persistence: StatePersistence,
    log: CommitLog,
    logger: Logger,
  ) {
    this.#operations = operations;
    this.#persistence = persistence;
    this.#log = log;
    this.#logger = logger;
  }

  /** The operation, alive; undefined when it is quarantined. No promise where none is needed: there may be ten thousands. */
  restore(
    definition: Definition,
    record: OperationRecord,
  ): LiveOperation | undefined | Promise<LiveOperation | undefined> {
    if (record.version === definition.version) return this.#restore(definition, record);
    return this.#migrated(definition, record).then(
      migrated => this.#restore(definition, migrated),
      (error: unknown) => this.#quarantine(record, messageOf(error)),
    );
  }

  /** A failed or exhausted operation, started again. */
  async retry(definition: Definition, record: OperationRecord): Promise<LiveOperation> {
    const current =
      record.version === definition.version ? record : await this.#migrated(definition, record);
    return this.#operations.retry(definition, current);
  }

  #restore(definition: Definition, record: OperationRecord): LiveOperation | undefined {
    const known = this.#operations.get(record.id);
    if (known !== undefined) return known;
    try {
      const parsed = parseOperationSnapshot(migrateOperationSnapshot(record.snapshot));
      if (!parsed.ok) return this.#quarantine(record, parsed.why);
      const misfit = contradiction(record, parsed.snapshot);
      if (misfit !== undefined) return this.#quarantine(record, misfit);
      this.quarantined.delete(record.id);
      return this.#operations.restore(definition, record, parsed.snapshot);
    } catch (error) {
      return this.#quarantine(record, messageOf(error));
    }
  }

  #quarantine({ id, name }: OperationRecord, why: string): undefined {
    this.quarantined.set(id, { id, name, why });
    this.#logger.warn(
      { operation_id: id, function_name: name, why },
      'an operation is quarantined',
    );
    return undefined;
  }

  /** The record in its definition's present version, which is durable before this resolves. */
  async #migrated(definition: Definition, record: OperationRecord): Promise<OperationRecord> {
    const { id, name, version } = record;
    const what = `operation "${id}" (${name}) was stored by version ${version}, this is version ${definition.version}`;
    if (version > definition.version) throw new ConfigError(`${what}: run the newer program`);
    const { migrate } = definition;
    if (migrate === undefined) {
      throw new ConfigError(`${what}, and the definition has no migrate(data, fromVersion)`);
    }
    const stored = await this.#persistence.steps(id);
    const steps = stored.map(step => ({ name: step.name, result: fromJson(step.result) }));
    const after = migrate({ input: fromJson(record.args), steps }, version);
    const args = toStrictJson(after.input, 'migrated input');
    const texts = new Map(
      after.steps.map(step => [step.name, toStrictJson(step.result, `step "${step.name}"`)]),
    );
    const migrated = { ...record, args, version: definition.version };
    await this.#persist(migrated, stored, texts);
    return migrated;
  }

  async #persist(
    record: OperationRecord,
    before: readonly { readonly name: string; readonly attempt: number; readonly at: number }[],
    after: ReadonlyMap<string, string | null>,
  ): Promise<void> {
    const { id } = record;
    const old = new Map(before.map(step => [step.name, step]));
    const row = {
      queued: false,
      dropped: false,
      write: () => record,
      written() {},
    };
    this.#log.touch(row);
    for (const { name } of before) if (!after.has(name)) this.#log.forgetStep(id, name);
    await Promise.all(
      [...after].map(([name, result]) => {
        const { attempt, at } = old.get(name) ?? { attempt: record.attempt, at: record.updatedAt };
        return this.#log.step({ operationId: id, name, result, attempt, at });
      }),
    );
    await this.#log.durable();
  }
}

/** A row and a snapshot that tell different things were not written by one commit. */
function contradiction(
  record: OperationRecord,
  { context }: OperationSnapshot,
): string | undefined {
  if (context.operationId !== record.id) {
    return `the stored snapshot is of operation "${context.operationId}"`;
  }
  if (context.last.seq !== record.seq) {
    return `the stored snapshot is of transition ${context.last.seq}, the row of ${record.seq}`;
  }
  return undefined;
}

const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);
