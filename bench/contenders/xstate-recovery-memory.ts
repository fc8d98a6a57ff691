import { createRecovery, MemoryPersistence } from '../../index.ts';
import type { OperationDefinition, Recovery } from '../../services/ports.ts';
import type { Contender } from '../contender.ts';

let recovery: Recovery | undefined;
let identity: OperationDefinition<number, number> | undefined;

export const contender: Contender = {
  async setup() {
    recovery = await createRecovery({ persistence: new MemoryPersistence() });
    identity = recovery.operation('identity', async (x: number) => x);
  },
  call: input => identity?.run(input) ?? Promise.reject(new TypeError('setup comes first')),
  async teardown() {
    await recovery?.close();
  },
};
