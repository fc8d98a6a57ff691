import { ConfigError } from '../errors.ts';
import { fromJson, toStrictJson } from '../json.ts';
import type { MigratableData, OperationRecord, StatePersistence, StepRecord } from '../ports.ts';
import type { CommitLog } from './commit-log.ts';
import type { Definition } from './definition.ts';

type Texts = ReadonlyMap<string, string | null>;

/** Brings what an older version of a definition stored up to date; all of it is durable before it is used, or nothing changes. */
export class RecordMigration {
  readonly #persistence: Pick<StatePersistence, 'steps'>;
  readonly #log: CommitLog;

  constructor(persistence: Pick<StatePersistence, 'steps'>, log: CommitLog) {
    this.#persistence = persistence;
    this.#log = log;
  }

  /**
   * The record in its definition's present version.
   * @throws ConfigError when it cannot be migrated, NotSerializableError, PersistenceError, and what `migrate` throws
   */
  async run(definition: Definition, record: OperationRecord): Promise<OperationRecord> {
    const migrate = migrationOf(definition, record);
    const stored = await this.#persistence.steps(record.id);
    const steps = stored.map(step => ({ name: step.name, result: fromJson(step.result) }));
    const after = migrate({ input: fromJson(record.args), steps }, record.version);
    const args = toStrictJson(after.input, 'migrated input');
    const texts = new Map(
      after.steps.map(step => [step.name, toStrictJson(step.result, `step "${step.name}"`)]),
    );
    const migrated = { ...record, args, version: definition.version };
    await this.#persist(migrated, stored, texts);
    return migrated;
  }

  #persist(record: OperationRecord, before: readonly StepRecord[], after: Texts): Promise<unknown> {
    const { id } = record;
    const weight = (record.args?.length ?? 0) + (record.result?.length ?? 0);
    const row = { id, weight, queued: false, dropped: false, write: () => record, written() {} };
    const whole = this.#log.once(row);
    for (const { name } of before) {
      if (!after.has(name)) this.#log.forgetStep(row, { operationId: id, name });
    }
    const old = new Map(before.map(step => [step.name, step]));
    const steps = [...after].map(([name, result]) => {
      const { attempt, at } = old.get(name) ?? { attempt: record.attempt, at: record.updatedAt };
      return this.#log.step({ operationId: id, name, result, attempt, at });
    });
    return Promise.all([whole, ...steps]);
  }
}

function migrationOf(
  { version, migrate }: Definition,
  record: OperationRecord,
): (data: MigratableData, fromVersion: number) => MigratableData {
  const what = `operation "${record.id}" (${record.name}) was stored by version ${record.version}, this is version ${version}`;
  if (record.version > version) throw new ConfigError(`${what}: run the newer program`);
  if (migrate !== undefined) return migrate;
  throw new ConfigError(`${what}, and the definition has no migrate(data, fromVersion)`);
}
