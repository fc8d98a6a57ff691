import { join } from 'node:path';
import { SqlJsPersistence } from '../../adapters/sqljs/index.ts';
import { createRecovery } from '../../index.ts';
import type { OperationDefinition, Recovery } from '../../services/ports.ts';
import type { Contender } from '../contender.ts';

/** Every default: breaker, classifier, history, checkpoints. */
let recovery: Recovery | undefined;
let identity: OperationDefinition<number, number> | undefined;

export const contender: Contender = {
  async setup({ folder }) {
    const persistence = new SqlJsPersistence({ path: join(folder, 'recovery.db') });
    recovery = await createRecovery({ persistence });
    identity = recovery.operation('identity', async (x: number) => x);
  },
  call: input => identity?.run(input) ?? Promise.reject(new TypeError('setup comes first')),
  async teardown() {
    await recovery?.close();
  },
};
