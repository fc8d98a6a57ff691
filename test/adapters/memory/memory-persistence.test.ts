import { MemoryPersistence } from '../../../adapters/memory/index.ts';
import { persistenceContract } from '../../contract/persistence.ts';

persistenceContract('MemoryPersistence', async () => {
  const store = new MemoryPersistence();
  await store.open();
  return { store, dispose: () => store.close() };
});
