import { channel } from 'node:diagnostics_channel';
import { MemoryPersistence } from './adapters/memory/index.ts';
import { systemClock } from './adapters/system/system-clock.ts';
import { CREATED } from './created-channel.ts';
import { validateAdapters } from './services/adapter-options.ts';
import { ErrorClassifier } from './services/classification/index.ts';
import { type ConfigOptions, resolveConfig } from './services/config.ts';
import { ConfigError } from './services/errors.ts';
import type {
  Classifier,
  Clock,
  Logger,
  Random,
  RecoveryStrategy,
  StatePersistence,
} from './services/ports.ts';
import { DurableRecovery } from './services/recovery.ts';

/** Options of `createRecovery`: the adapters, and every configuration value. */
export interface RecoveryOptions extends ConfigOptions {
  /** Where operations live on. @default the sql.js store of `persistencePath` where that is set, else memory */
  readonly persistence?: StatePersistence;
  /** Delays of definitions that bring no strategy. @default exponential, from the configuration */
  readonly strategy?: RecoveryStrategy;
  /** @default new ErrorClassifier() */
  readonly classifier?: Classifier;
  /** @default none */
  readonly logger?: Logger;
  /** @default the system's */
  readonly clock?: Clock;
  /** @default Math.random */
  readonly random?: Random;
  /** @default process.env */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

const created = channel(CREATED);

const silent: Logger = { debug() {}, info() {}, warn() {}, error() {} };

/**
 * Opens the store and makes a recovery on it. Nothing that a crash left behind goes on before `resume()`.
 * @throws ConfigError that names every problem of options and environment
 * @throws PersistenceError when the store cannot be opened
 */
export async function createRecovery(options: RecoveryOptions = {}): Promise<DurableRecovery> {
  if (typeof options !== 'object' || options === null) {
    throw new ConfigError(`createRecovery: options must be an object, got ${String(options)}`);
  }
  const {
    persistence: given,
    strategy,
    classifier,
    logger = silent,
    clock = systemClock,
    random = Math.random,
    env = process.env,
    ...configured
  } = options;
  const config = resolveConfig({ options: configured, env });
  validateAdapters({ persistence: given, strategy, classifier, logger, clock, random });
  const persistence = given ?? (await defaultPersistence(config.persistencePath));
  await persistence.open();
  const recovery = new DurableRecovery({
    persistence,
    strategy,
    classifier: classifier ?? new ErrorClassifier({ now: () => clock.now() }),
    logger,
    clock,
    random,
    config,
  });
  try {
    await recovery.open();
  } catch (error) {
    await persistence.close();
    throw error;
  }
  if (created.hasSubscribers) created.publish(recovery);
  return recovery;
}

async function defaultPersistence(path: string | undefined): Promise<StatePersistence> {
  if (path === undefined) return new MemoryPersistence();
  // Only who stores on disk loads SQLite.
  const { SqlJsPersistence } = await import('./adapters/sqljs/index.ts');
  return new SqlJsPersistence({ path });
}
