import { SqlJsPersistence } from '../../../../adapters/sqljs/index.ts';
import { acquireLock } from '../../../../adapters/sqljs/lock.ts';
import { batch, moved, operation } from '../../../contract/persistence-rows.ts';

/**
 * A process of its own for tests: `store <path>` opens a store, commits without end and prints each acknowledged number; `lock <folder> <kind>` takes
 * the lock alone. Both say `open` or the error's code, and live until they are killed.
 */
const [what, path = '', kind] = process.argv.slice(2);

try {
  if (what === 'lock') await acquireLock(path, { sockets: kind !== 'pid' });
  else await commitForEver();
} catch (error) {
  console.log((error as { code?: string }).code ?? String(error));
  process.exit(1);
}
console.log('open');
setInterval(() => {}, 1000);

async function commitForEver(): Promise<void> {
  const store = new SqlJsPersistence({ path, checkpointBytes: 64 * 1024 });
  await store.open();
  console.log('open');
  const from = (await store.find('counter'))?.attempt ?? 0;
  for (let n = from + 1; ; n++) {
    await store.commit(
      batch({
        operations: [
          operation('counter', { attempt: n }),
          operation(`o${n % 50}`, { seq: n, args: 'x'.repeat(2000) }),
        ],
        transitions: [moved('counter', n)],
      }),
    );
    console.log(n);
  }
}
