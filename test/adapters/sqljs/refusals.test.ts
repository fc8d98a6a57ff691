import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  inspectStore,
  SqlJsPersistence,
  type SqlJsPersistenceOptions,
} from '../../../adapters/sqljs/index.ts';
import { ConfigError, PersistenceError } from '../../../services/errors.ts';
import { batch, operation } from '../../contract/persistence-rows.ts';
import { rejects } from '../../support/rejects.ts';
import { sqlite } from './support/engine.ts';
import { temporaryFolder } from './support/store-folder.ts';

const test = suite('what the sql.js store refuses');

async function inFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = await temporaryFolder();
  try {
    await body(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Opening is refused, the file stays as it was, and nothing is left beside it. */
async function refused(path: string): Promise<PersistenceError> {
  const before = readFileSync(path);
  const files = readdirSync(join(path, '..'));
  const error = await rejects(new SqlJsPersistence({ path }).open(), PersistenceError);
  assert.ok(readFileSync(path).equals(before));
  assert.equal(readdirSync(join(path, '..')), files);
  assert.match(error.message, path);
  return error;
}

async function closedStore(path: string): Promise<void> {
  const store = new SqlJsPersistence({ path });
  await store.open();
  await store.commit(batch({ operations: [operation('a')] }));
  await store.close();
}

test('options that can not be used are named with their values, all at once', () => {
  const make = (options: unknown) => () => new SqlJsPersistence(options as SqlJsPersistenceOptions);
  for (const [options, words] of [
    [undefined, /needs options, got undefined/],
    [{}, /path must be the path of a file, got undefined/],
    [{ path: '' }, /got ""/],
    [{ path: 'a\0b' }, /path must be/],
    [{ path: ':memory:' }, /use MemoryPersistence/],
    [{ path: 'x.db-wal' }, /side files/],
    [
      { path: 'x.db', checkpointBytes: 100 },
      /checkpointBytes must be an integer from 4096 to \d+, got 100/,
    ],
    [
      { path: 'x.db', checkpointInterval: -1 },
      /checkpointInterval must be an integer from 0 to 2147483647, got -1/,
    ],
    [{ path: 'x.db', checkpointByte: 1 }, /there is no option "checkpointByte"/],
    [
      { path: 7, checkpointBytes: 'many', checkpointInterval: Number.NaN },
      /got 7.*got "many".*got NaN/,
    ],
  ] as const) {
    try {
      make(options)();
    } catch (error) {
      assert.instance(error, ConfigError);
      assert.match((error as Error).message, words);
      continue;
    }
    assert.unreachable(JSON.stringify(options));
  }
});

test('a folder', () =>
  inFolder(async folder => {
    const path = join(folder, 'recovery.db');
    mkdirSync(path);
    const error = await rejects(new SqlJsPersistence({ path }).open(), PersistenceError);
    assert.match(error.message, /recovery\.db is a folder: a store needs the path of a file/);
    assert.equal(readdirSync(folder), ['recovery.db']);
  }));

test('a path below a file', () =>
  inFolder(async folder => {
    writeFileSync(join(folder, 'file'), 'x');
    const store = new SqlJsPersistence({ path: join(folder, 'file', 'recovery.db') });
    assert.match((await rejects(store.open(), PersistenceError)).message, /can not be used.*file/);
    assert.is(store.health().healthy, false);
  }));

test('a missing folder is made', () =>
  inFolder(async folder => {
    const path = join(folder, 'a', 'b', 'recovery.db');
    await closedStore(path);
    assert.ok(existsSync(path));
  }));

test("another program's SQLite file", () =>
  inFolder(async folder => {
    const path = join(folder, 'recovery.db');
    const db = new sqlite.Database();
    db.run('CREATE TABLE recovery_data (operation_id TEXT)');
    writeFileSync(path, db.export());
    db.close();
    const error = await refused(path);
    assert.is(error.code, 'STORE_FOREIGN');
    assert.match(error.message, /SQLite file of another program/);
  }));

test('a file that is not SQLite', () =>
  inFolder(async folder => {
    for (const content of ['hello', 'x'.repeat(5000), '\0']) {
      const path = join(folder, 'recovery.db');
      writeFileSync(path, content);
      const error = await refused(path);
      assert.is(error.code, 'STORE_FOREIGN');
      assert.match(error.message, /is not an SQLite file/);
    }
  }));

test('a store of a newer release', () =>
  inFolder(async folder => {
    const path = join(folder, 'recovery.db');
    await closedStore(path);
    const db = new sqlite.Database(readFileSync(path));
    db.run('PRAGMA user_version = 3');
    writeFileSync(path, db.export());
    db.close();
    const error = await refused(path);
    assert.is(error.code, 'STORE_VERSION');
    assert.match(error.message, /store format 3, and this one reads up to 2\. Update/);
  }));

test('an image that is cut off, empty, or scribbled over', () =>
  inFolder(async folder => {
    const path = join(folder, 'recovery.db');
    await closedStore(path);
    const whole = readFileSync(path);
    for (const content of [
      whole.subarray(0, 0),
      whole.subarray(0, 50),
      whole.subarray(0, whole.length - 4096),
    ]) {
      writeFileSync(path, content);
      const error = await refused(path);
      assert.equal([error.code, error.details.offset], ['STORE_DAMAGED', content.length]);
      const { problems } = await inspectStore(path);
      assert.is(problems[0]?.offset, content.length);
    }
    const scribbled = Buffer.from(whole).fill(0x5a, 200, 9000);
    writeFileSync(path, scribbled);
    assert.is((await refused(path)).code, 'STORE_DAMAGED');
  }));

test('being opened twice, and being used before', () =>
  inFolder(async folder => {
    const store = new SqlJsPersistence({ path: join(folder, 'recovery.db') });
    assert.match((await rejects(store.find('a'), PersistenceError)).message, /call open\(\) first/);
    await store.open();
    await rejects(store.open(), PersistenceError);
    assert.is(store.health().healthy, true);
    await store.close();
  }));

test('rows that the database could not hold, before they are acknowledged', () =>
  inFolder(async folder => {
    const store = new SqlJsPersistence({ path: join(folder, 'recovery.db') });
    await store.open();
    for (const wrong of [
      { updatedAt: Number.NaN },
      { id: undefined },
      { seq: '1' },
      { createdAt: Number.POSITIVE_INFINITY },
    ]) {
      const row = { ...operation('a'), ...wrong } as ReturnType<typeof operation>;
      await rejects(store.commit(batch({ operations: [row] })), PersistenceError);
    }
    await rejects(
      store.commit(batch({ operations: [operation('a', { snapshot: 1n })] })),
      PersistenceError,
    );
    await store.commit(batch({ operations: [operation('b')] }));
    assert.equal((await store.list({})).items, [operation('b')]);
    await store.close();
  }));

test('a store that is reached through a link is the same store', () =>
  inFolder(async folder => {
    const path = join(folder, 'recovery.db');
    await closedStore(path);
    mkdirSync(join(folder, 'links'));
    symlinkSync(path, join(folder, 'links', 'other.db'));
    const store = new SqlJsPersistence({ path });
    await store.open();
    const other = new SqlJsPersistence({ path: join(folder, 'links', 'other.db') });
    assert.is((await rejects(other.open(), PersistenceError)).code, 'STORE_LOCKED');
    await store.close();
  }));

test.run();
