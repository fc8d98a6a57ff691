import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { SqlJsPersistence } from '../../../adapters/sqljs/index.ts';
import { acquireLock, lockHolder, type StoreLock } from '../../../adapters/sqljs/lock.ts';
import { PersistenceError } from '../../../services/errors.ts';
import { rejects } from '../../support/rejects.ts';
import { startHolder } from './support/child.ts';
import { temporaryFolder } from './support/store-folder.ts';

export const suiteTimeout = 90_000;

const test = suite('one process at a time');

async function inFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = await temporaryFolder();
  try {
    await body(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

for (const sockets of [true, false]) {
  const kind = sockets ? 'sock' : 'pid';

  test(`a second holder is refused and told the first one's process (${kind})`, () =>
    inFolder(async folder => {
      const path = join(folder, 'a.db.lock');
      const lock = await acquireLock(path, { sockets });
      assert.match(readdirSync(path).join(), new RegExp(`^[0-9a-f]+-${process.pid}\\.${kind}$`));
      const error = await rejects(acquireLock(path, { sockets }), PersistenceError);
      assert.is(error.code, 'STORE_LOCKED');
      assert.is(error.details.pid, process.pid);
      assert.is(await lockHolder(path), process.pid);
      await lock.release();
      assert.not(existsSync(path));
      await (await acquireLock(path, { sockets })).release();
    }));

  test(`of many that come at once one gets it, every time (${kind})`, () =>
    inFolder(async folder => {
      const path = join(folder, 'a.db.lock');
      for (let round = 0; round < 25; round++) {
        const tries = await Promise.allSettled(
          Array.from({ length: 8 }, () => acquireLock(path, { sockets })),
        );
        const locks = tries.flatMap(result =>
          result.status === 'fulfilled' ? [result.value] : [],
        );
        assert.is(locks.length, 1, `round ${round}`);
        await (locks[0] as StoreLock).release();
      }
    }));

  test(`after SIGKILL one of several processes follows at once (${kind})`, () =>
    inFolder(async folder => {
      const path = join(folder, 'a.db.lock');
      for (let round = 0; round < 2; round++) {
        const first = startHolder('lock', path, kind);
        assert.is(await first.next(), 'open');
        assert.is((await rejects(acquireLock(path), PersistenceError)).details.pid, first.pid);
        await first.kill();
        assert.is(await lockHolder(path), undefined);
        const followers = Array.from({ length: 4 }, () => startHolder('lock', path, kind));
        const answers = await Promise.all(followers.map(follower => follower.next()));
        await Promise.all(followers.map(follower => follower.kill()));
        assert.equal(answers.sort(), ['STORE_LOCKED', 'STORE_LOCKED', 'STORE_LOCKED', 'open']);
      }
    }));
}

test('an entry of a process number that is used again, of another boot or of rubbish holds nothing', () =>
  inFolder(async folder => {
    const path = join(folder, 'a.db.lock');
    const own = await acquireLock(path, { sockets: false });
    const [name = ''] = readdirSync(path);
    const self = JSON.parse(readFileSync(join(path, name), 'utf8')) as object;
    await own.release();
    assert.equal(Object.keys(self), ['pid', 'host', 'boot', 'began']);
    const dead = [
      ...(existsSync('/proc/self/stat') ? [JSON.stringify({ ...self, began: '1' })] : []),
      JSON.stringify({ ...self, pid: 2 ** 22 + 1 }),
      JSON.stringify({ ...self, boot: 'another' }),
      '',
      '{"pid',
    ];
    for (const content of dead) {
      mkdirSync(path, { recursive: true });
      writeFileSync(join(path, 'abc-1.pid'), content);
      const lock = await acquireLock(path);
      assert.is(readdirSync(path).length, 1);
      await lock.release();
    }
    mkdirSync(path, { recursive: true });
    writeFileSync(join(path, 'abc-1.pid'), JSON.stringify(self));
    assert.is((await rejects(acquireLock(path), PersistenceError)).code, 'STORE_LOCKED');
  }));

test('an entry of another host is never taken for dead', () =>
  inFolder(async folder => {
    const path = join(folder, 'a.db.lock');
    mkdirSync(path);
    writeFileSync(
      join(path, 'abc-77.pid'),
      JSON.stringify({ pid: 77, host: 'elsewhere', boot: 'x', began: '1' }),
    );
    assert.is((await rejects(acquireLock(path), PersistenceError)).details.pid, 77);
  }));

test('a path that is too long for a socket address is locked as well', () =>
  inFolder(async folder => {
    const deep = join(folder, 'd'.repeat(120), 'e'.repeat(120));
    const path = join(deep, 'a.db.lock');
    const lock = await acquireLock(path);
    assert.is((await rejects(acquireLock(path), PersistenceError)).code, 'STORE_LOCKED');
    await lock.release();
  }));

test('a store is open once in a process, whatever its path is called', () =>
  inFolder(async folder => {
    const store = new SqlJsPersistence({ path: join(folder, 'a.db') });
    await store.open();
    const other = new SqlJsPersistence({ path: join(folder, '.', 'x', '..', 'a.db') });
    const error = await rejects(other.open(), PersistenceError);
    assert.is(error.code, 'STORE_LOCKED');
    assert.match(error.message, 'this process');
    await store.close();
    const third = new SqlJsPersistence({ path: join(folder, 'a.db') });
    await third.open();
    await third.close();
  }));

test('a store is open in one process, and after kill -9 it opens at once with all that was acknowledged', () =>
  inFolder(async folder => {
    const path = join(folder, 'a.db');
    for (let round = 0; round < 4; round++) {
      const holder = startHolder('store', path);
      assert.is(await holder.next(), 'open');
      for (let line = 0; line < 100 + 40 * round; line++) await holder.next();
      const second = new SqlJsPersistence({ path });
      // The holder goes on holding it, so an answer at all means that nobody was waited for.
      const error = await rejects(second.open(), PersistenceError);
      assert.is(error.code, 'STORE_LOCKED');
      assert.is(error.details.pid, holder.pid);
      await holder.kill();
      const acknowledged = Number(holder.lines.at(-1));
      const store = new SqlJsPersistence({ path });
      await store.open();
      const history = await store.transitions({ operationId: 'counter', limit: 10_000 });
      // More than was read may have been acknowledged: what a killed process has printed last does not reach its pipe.
      assert.ok(history.length >= acknowledged, `${history.length} of ${acknowledged}`);
      assert.equal(
        history.map(t => t.seq),
        history.map((_, index) => index + 1),
      );
      assert.is((await store.find('counter'))?.attempt, history.length);
      await store.close();
      assert.equal(readdirSync(folder), ['a.db']);
    }
  }));

test.run();
