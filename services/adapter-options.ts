import { func, implementing, noteProblems, record } from './option-schemas.ts';
import { CLASSIFIER, STRATEGY } from './policy-schema.ts';
import { Problems } from './problems.ts';

/** What a recovery is given besides its configuration; the rest of a store is checked by `test/contract/`, not here. */
const adaptersSchema = record({
  persistence: implementing('a store', ['open', 'commit', 'close']),
  strategy: STRATEGY,
  classifier: CLASSIFIER,
  logger: implementing('a logger', ['debug', 'info', 'warn', 'error']),
  clock: implementing('a clock', ['now', 'setTimeout', 'clearTimeout']),
  random: func(),
});

/**
 * Checks the adapters of a recovery. One that is `undefined` counts as left out.
 * @throws ConfigError that lists every problem
 */
export function validateAdapters(adapters: Readonly<Record<string, unknown>>): void {
  const problems = new Problems();
  noteProblems(problems, adaptersSchema, adapters, []);
  problems.throwIfAny('createRecovery');
}
