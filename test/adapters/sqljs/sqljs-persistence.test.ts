import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { SqlJsPersistence } from '../../../adapters/sqljs/index.ts';
import { persistenceContract } from '../../contract/persistence.ts';
import { temporaryFolder } from './support/store-folder.ts';

/** Each test opens a store with its threads. */
export const suiteTimeout = 90_000;

persistenceContract('SqlJsPersistence', async () => {
  const folder = await temporaryFolder();
  const path = join(folder, 'recovery.db');
  let store = new SqlJsPersistence({ path });
  await store.open();
  return {
    store,
    async reopen() {
      await store.close();
      store = new SqlJsPersistence({ path });
      await store.open();
      return store;
    },
    async dispose() {
      await store.close();
      await rm(folder, { recursive: true });
    },
  };
});
