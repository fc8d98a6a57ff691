import { readFileSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { inspectStore, SqlJsPersistence } from '../../../adapters/sqljs/index.ts';
import { batch, moved, operation } from '../../contract/persistence-rows.ts';
import { sqlite } from './support/engine.ts';
import { temporaryFolder } from './support/store-folder.ts';

const test = suite('stores of older formats');

/** What changed from each format to the next one, undone. */
const UNDO = [
  'DROP INDEX recovery_data_by_parent; ALTER TABLE recovery_data DROP COLUMN parent_id',
];

test('a store of any older format opens, keeps what it holds, and becomes one of today at once', async () => {
  const folder = await temporaryFolder();
  const path = join(folder, 'recovery.db');
  for (let format = UNDO.length; format >= 1; format--) {
    const store = new SqlJsPersistence({ path });
    await store.open();
    await store.commit(batch({ operations: [operation('a')], transitions: [moved('a', format)] }));
    await store.close();
    const db = new sqlite.Database(readFileSync(path));
    for (const undo of UNDO.slice(format - 1).reverse()) db.run(undo);
    db.run(`PRAGMA user_version = ${format}`);
    writeFileSync(path, db.export());
    db.close();
    assert.is((await inspectStore(path)).format, format);

    const opened = new SqlJsPersistence({ path });
    await opened.open();
    const { format: now, problems } = await inspectStore(path);
    assert.equal([now, problems], [UNDO.length + 1, []], 'before anything is written to it');
    assert.equal(await opened.find('a'), operation('a'));
    await opened.commit(batch({ operations: [operation('a/b', { parentId: 'a' })] }));
    await opened.close();

    const again = new SqlJsPersistence({ path });
    await again.open();
    assert.equal((await again.list({ parentId: 'a' })).items, [
      operation('a/b', { parentId: 'a' }),
    ]);
    assert.is((await again.transitions({})).length, 1 + UNDO.length - format);
    await again.close();
  }
  await rm(folder, { recursive: true });
});

test('what its redo file holds is not lost, nor what is added after it', async () => {
  const folder = await temporaryFolder();
  const path = join(folder, 'recovery.db');
  const before = new SqlJsPersistence({ path });
  await before.open();
  await before.close();
  const db = new sqlite.Database(readFileSync(path));
  for (const undo of UNDO) db.run(undo);
  db.run('PRAGMA user_version = 1');
  const image = db.export();
  db.close();
  // The commits of a process that died: the image knows nothing of them.
  const dying = new SqlJsPersistence({ path });
  await dying.open();
  await dying.commit(batch({ operations: [operation('a')], transitions: [moved('a', 1)] }));
  const redo = readFileSync(`${path}.redo.1`);
  await dying.close();
  writeFileSync(path, image);
  writeFileSync(`${path}.redo.1`, redo);

  for (const seq of [2, 3]) {
    const store = new SqlJsPersistence({ path });
    await store.open();
    assert.equal(await store.find('a'), operation('a'));
    await store.commit(batch({ transitions: [moved('a', seq)] }));
    assert.equal(
      (await store.transitions({})).map(transition => transition.seq),
      Array.from({ length: seq }, (_, n) => n + 1),
    );
    await store.close();
  }
  await rm(folder, { recursive: true });
});

test.run();
