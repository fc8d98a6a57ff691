import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Worker } from 'node:worker_threads';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { describeStore, inspectStore, SqlJsPersistence } from '../../../adapters/sqljs/index.ts';
import { PersistenceError } from '../../../services/errors.ts';
import { batch, moved, operation } from '../../contract/persistence-rows.ts';
import { rejects } from '../../support/rejects.ts';
import { sqlite } from './support/engine.ts';
import { temporaryFolder } from './support/store-folder.ts';

export const suiteTimeout = 60_000;

const test = suite('the sql.js store and its threads');

async function withStore(
  options: { readonly checkpointBytes?: number; readonly checkpointInterval?: number },
  body: (store: SqlJsPersistence, path: string, folder: string) => Promise<void>,
): Promise<void> {
  const folder = await temporaryFolder();
  const path = join(folder, 'recovery.db');
  const store = new SqlJsPersistence({ path, ...options });
  try {
    await store.open();
    await body(store, path, folder);
  } finally {
    await store.close();
    await rm(folder, { recursive: true });
  }
}

function rowsOf(path: string, sql: string): unknown {
  const db = new sqlite.Database(readFileSync(path));
  try {
    return db.exec(sql)[0]?.values;
  } finally {
    db.close();
  }
}

/** Copies the files of a store between two changes of its folder, as a crash at that moment would leave them. */
function crashed(folder: string, to: string): string {
  const files = () =>
    readdirSync(folder)
      .filter(name => name.startsWith('recovery.db') && !/\.(lock|new)$/.test(name))
      .map(name => `${name} ${statSync(join(folder, name)).ino}`);
  for (let tries = 0; tries < 100; tries++) {
    rmSync(to, { recursive: true, force: true });
    mkdirSync(to);
    try {
      const before = files();
      for (const file of before) {
        const [name = ''] = file.split(' ');
        copyFileSync(join(folder, name), join(to, name));
      }
      if (files().join() === before.join()) return join(to, 'recovery.db');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
  return assert.unreachable('the folder never stands still') as never;
}

test('after close the store is one ordinary SQLite file', async () => {
  await withStore({}, async (store, path, folder) => {
    await store.commit(
      batch({
        operations: [operation('a', { state: 'success' }), operation('b')],
        transitions: [moved('a', 1)],
      }),
    );
    await store.close();
    assert.equal(readdirSync(folder), ['recovery.db']);
    assert.equal(rowsOf(path, 'select operation_id, state from recovery_data order by 1'), [
      ['a', 'success'],
      ['b', 'pending'],
    ]);
    assert.equal(rowsOf(path, 'pragma integrity_check'), [['ok']]);
    assert.equal(rowsOf(path, 'pragma application_id'), [[0x58524543]]);
    assert.equal(
      rowsOf(path, 'select position, operation_id, to_state from recovery_transitions'),
      [[1, 'a', 'in_progress']],
    );
    assert.equal(
      rowsOf(
        path,
        "select json_extract(snapshot, '$.value.pending') from recovery_data where operation_id = 'a'",
      ),
      [['queued']],
    );
  });
});

test('a commit is on disk when it is acknowledged', async () => {
  await withStore({}, async (store, _path, folder) => {
    for (let n = 1; n <= 20; n++) {
      await store.commit(
        batch({ operations: [operation('a', { attempt: n })], transitions: [moved('a', n)] }),
      );
    }
    const copy = new SqlJsPersistence({ path: crashed(folder, join(folder, 'copy')) });
    await copy.open();
    assert.is((await copy.find('a'))?.attempt, 20);
    assert.equal(copy.health().warnings, []);
    await copy.close();
  });
});

test('checkpoints go on under commits and reads, and every copy of the files taken meanwhile opens', async () => {
  await withStore({ checkpointBytes: 64 * 1024 }, async (store, path, folder) => {
    const generations = new Set<unknown>();
    let last = 0;
    for (let n = 1; n <= 600; n++) {
      await store.commit(
        batch({
          operations: [operation(`o${n % 40}`, { attempt: n, args: 'x'.repeat(1500) })],
          transitions: [moved('all', n)],
        }),
      );
      last = n;
      if (n % 7 === 0) assert.is((await store.find(`o${n % 40}`))?.attempt, n);
      if (n % 100 === 0) {
        const copy = new SqlJsPersistence({ path: crashed(folder, join(folder, `copy${n}`)) });
        await copy.open();
        assert.is((await copy.transitions({ operationId: 'all' })).length, n);
        await copy.close();
        generations.add(
          JSON.stringify(rowsOf(path, "select value from recovery_meta where key = 'generation'")),
        );
      }
    }
    assert.ok(generations.size >= 3, `${generations.size} images`);
    assert.is((await store.transitions({ operationId: 'all' })).length, last);
    assert.equal(store.health().problem, undefined);
  });
});

test('an interval brings old commits into the image', async () => {
  await withStore({ checkpointInterval: 50 }, async (store, path) => {
    await store.commit(batch({ operations: [operation('a')] }));
    for (let tries = 0; tries < 100; tries++) {
      if (JSON.stringify(rowsOf(path, 'select operation_id from recovery_data')) === '[["a"]]')
        return;
      await sleep(30);
    }
    assert.unreachable('the image does not get it');
  });
});

test('a torn tail is cut off with a warning; damage is refused; doctor sees both without changing a byte', async () => {
  await withStore({}, async (store, _path, folder) => {
    for (let n = 1; n <= 3; n++)
      await store.commit(batch({ operations: [operation(`o${n}`)], transitions: [moved('a', n)] }));
    const path = crashed(folder, join(folder, 'copy'));
    const redo = `${path}.redo.1`;
    const sound = await inspectStore(path);
    assert.equal(
      [
        sound.redoFrames,
        sound.transitions,
        sound.operationsByState,
        sound.integrity,
        sound.problems,
      ],
      [3, 3, { pending: 3 }, 'ok', []],
    );
    const bytes = readFileSync(redo);
    const torn = Buffer.from(bytes);
    torn.fill(0, 3 * 4096 + 100, 4 * 4096);
    writeFileSync(redo, torn);
    const look = await inspectStore(path);
    assert.equal([look.redoFrames, look.problems.length], [2, 0]);
    assert.ok(look.tornBytes > 0);
    assert.ok((await describeStore(path)).ok);
    const damaged = Buffer.from(bytes);
    damaged[4096 + 50] = (damaged[4096 + 50] ?? 0) ^ 4;
    writeFileSync(redo, damaged);
    const problem = (await inspectStore(path)).problems[0];
    assert.equal([problem?.file, problem?.offset], [redo, 4096]);
    assert.not((await describeStore(path)).ok);
    const error = await rejects(new SqlJsPersistence({ path }).open(), PersistenceError);
    assert.equal(
      [error.code, error.details.file, error.details.offset],
      ['STORE_DAMAGED', redo, 4096],
    );
    assert.ok(readFileSync(redo).equals(damaged));
    writeFileSync(redo, torn);
    const mended = new SqlJsPersistence({ path });
    await mended.open();
    assert.match(mended.health().warnings[0] ?? '', /torn write/);
    assert.is((await mended.counts()).pending, 2);
    await mended.close();
  });
});

test('doctor says who has the store open, and that there is none', async () => {
  await withStore({}, async (_store, path, folder) => {
    assert.is((await inspectStore(path)).lockedBy, process.pid);
    const missing = await inspectStore(join(folder, 'none', 'recovery.db'));
    assert.equal([missing.exists, missing.problems], [false, []]);
    assert.not((await describeStore(join(folder, 'nothing.db'))).ok);
    assert.not(existsSync(join(folder, 'nothing.db')));
  });
});

test('a folder that is taken away refuses commits with a reason, and commits go on when it is back', async () => {
  await withStore({ checkpointBytes: 4096 }, async (store, _path, folder) => {
    await store.commit(batch({ operations: [operation('a')], transitions: [moved('a', 1)] }));
    // the next generation can't be made while something else has its name
    mkdirSync(join(folder, 'recovery.db.redo.new'));
    for (let tries = 0; tries < 20; tries++) {
      await store.commit(batch({ transitions: [moved('a', 2)] })).catch(() => undefined);
    }
    const error = await rejects(
      store.commit(batch({ transitions: [moved('a', 2)] })),
      PersistenceError,
    );
    assert.is(store.health().healthy, false);
    assert.is(store.health().problem, error.message);
    const seen = (await store.transitions({})).length;
    rmSync(join(folder, 'recovery.db.redo.new'), { recursive: true });
    await store.commit(batch({ transitions: [moved('a', 3)] }));
    assert.is(store.health().healthy, true);
    assert.is((await store.transitions({})).length, seen + 1);
  });
});

test('a process that only has a store open ends by itself, and one with a commit under way does not before it', () => {
  const index = new URL('../../../adapters/sqljs/index.js', import.meta.url).href;
  const script = `
    import { mkdtempSync } from 'node:fs';
    import { SqlJsPersistence } from ${JSON.stringify(index)};
    const store = new SqlJsPersistence({ path: mkdtempSync(process.argv[1]) + '/a.db' });
    await store.open();
    console.log('open');
    store.commit({ operations: [], steps: [], transitions: [], breakers: [] }).then(() => console.log('committed'));
  `;
  const file = fileURLToPath(import.meta.url);
  const out = execFileSync(process.execPath, ['--input-type=module', '-e', script, `${file}-`], {
    timeout: 10_000,
  });
  assert.is(String(out), 'open\ncommitted\n');
});

for (const which of [0, 1]) {
  test(`a thread that dies rejects what is under way, and health says so (${which ? 'SQL' : 'log'})`, async () => {
    const workers: Worker[] = [];
    const collect = (worker: Worker) => void workers.push(worker);
    process.on('worker', collect);
    await withStore({}, async store => {
      process.off('worker', collect);
      assert.is(workers.length, 2);
      await store.commit(batch({ operations: [operation('a')] }));
      const pending = [store.commit(batch({})), store.find('a'), store.prune({ limit: 1 })];
      const outcomes = Promise.allSettled(pending);
      // the store may let go of the worker while it ends, and then nothing else would keep this process waiting
      const alive = setInterval(() => {}, 1000);
      await workers[which]?.terminate();
      clearInterval(alive);
      const failed = (await outcomes).filter(({ status }) => status === 'rejected');
      for (const outcome of failed)
        assert.instance((outcome as PromiseRejectedResult).reason, PersistenceError);
      assert.ok(failed.length > 0);
      assert.match(
        (await rejects(store.commit(batch({})), PersistenceError)).message,
        /thread of the store ended/,
      );
      await rejects(store.find('a'), PersistenceError);
      assert.is(store.health().healthy, false);
      assert.match(store.health().problem ?? '', /thread of the store ended/);
    });
  });
}

test.run();
