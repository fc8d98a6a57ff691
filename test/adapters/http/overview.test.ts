import { readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { MemoryPersistence } from '../../../adapters/memory/index.ts';
import { createRecovery } from '../../../create-recovery.ts';
import { createRecoveryServer } from '../../../server.ts';
import { PersistenceError } from '../../../services/errors.ts';
import type { RecoveryObserver, StoreHealth } from '../../../services/ports.ts';
import { arrowsSchema, overviewSchema, sessionSchema } from '../../../services/protocol.ts';
import { batch, operation } from '../../contract/persistence-rows.ts';
import { rejects } from '../../support/rejects.ts';
import { OPERATOR, served, TOKENS, VIEWER } from './support/served.ts';

const test = suite('http overview, session and arrows');

const { version } = JSON.parse(
  readFileSync(new URL('../../../../package.json', import.meta.url), 'utf8'),
);

test(
  'tells who asks, and of which version it is',
  served({ server: { tokens: TOKENS } }, async ({ ask }) => {
    for (const [token, role] of [
      [VIEWER, 'viewer'],
      [OPERATOR, 'operator'],
    ] as const) {
      const { body } = await ask('/api/session', { token });
      assert.equal(body, { role, guarded: true, version });
      sessionSchema.parse(body);
    }
  }),
);

test(
  'without tokens takes everyone for an operator',
  served({}, async ({ ask }) => {
    const { body } = await ask('/api/session');
    assert.equal(body, { role: 'operator', guarded: false, version });
  }),
);

test(
  'says how it all is',
  served(
    { recovery: { circuitBreakerThreshold: 1, initialDelay: 1, concurrency: 1 } },
    async ({ recovery, ask }) => {
      let fails = 1;
      const flaky = recovery.operation(
        'flaky',
        async () => {
          if (fails-- > 0) throw Object.assign(new TypeError('reset'), { code: 'ECONNRESET' });
        },
        { breaker: false },
      );
      const bad = recovery.operation(
        'bad',
        async (n: number) => {
          throw Object.assign(new TypeError(`no ${n}\nsecret`), { code: 'ECONNRESET' });
        },
        { maxRetries: 0, breaker: n => `host ${n}` },
      );
      const wait = recovery.operation('wait', () => new Promise<never>(() => {}), {
        breaker: false,
      });
      await flaky.run();
      for (let n = 0; n < 12; n++) await bad.run(n, { id: `bad ${n}` }).catch(() => {});
      await wait.start();
      await wait.start();
      const { status, body } = await ask('/api/overview');
      assert.is(status, 200);
      assert.equal(overviewSchema.parse(body), body);
      assert.equal(body.counts, {
        pending: 1,
        in_progress: 1,
        recovering: 0,
        success: 1,
        failed: 0,
        exhausted: 12,
      });
      assert.is(body.position, (await recovery.transitions({ order: 'newest' }))[0]?.position);
      assert.is(body.active, 2);
      assert.equal(body.backlog, { running: 1, pending: 1, retrying: 0 });
      assert.equal(body.definitions, ['flaky', 'bad', 'wait']);
      assert.equal(
        { ...body.metrics, average_recovery_time: 0 },
        {
          started: 15,
          succeeded: 1,
          failed: 0,
          exhausted: 12,
          recovered: 1,
          attempts: 15,
          retries: 1,
          interruptions: 0,
          breaker_trips: 12,
          average_recovery_time: 0,
        },
      );
      const { attention } = body;
      const newest = await recovery.list({ states: ['exhausted'], limit: 10 });
      assert.equal(
        attention.exhausted.map((one: { operation_id: string }) => one.operation_id),
        newest.items.map(({ id }) => id),
      );
      assert.match(attention.exhausted[0].error_message, /^no \d+$/);
      assert.is(attention.exhausted[0].path, 'exhausted');
      assert.not.match(JSON.stringify(attention), 'secret');
      assert.equal(attention.failed, []);
      assert.equal([attention.quarantined, attention.undefined_operations], [[], {}]);
      assert.is(attention.breakers.length, 12);
      assert.is(attention.breakers[0].state, 'open');
      assert.is(attention.breakers[0].settings.threshold, 1);
      const sum = (name: string) =>
        body.timeline.reduce(
          (all: number, bucket: Record<string, number>) => all + (bucket[name] ?? 0),
          0,
        );
      assert.equal(
        ['started', 'succeeded', 'failed', 'exhausted', 'retries'].map(sum),
        [15, 1, 0, 12, 1],
      );
      assert.ok(
        body.timeline.some((bucket: Record<string, unknown>) => bucket.recovery_time !== null),
      );
      assert.equal(body.persistence, {
        healthy: true,
        location: 'memory',
        bytes: null,
        problem: null,
      });
    },
  ),
);

test('lists what nobody can run, and no more of it than a page can show', async () => {
  const persistence = new MemoryPersistence();
  const open = persistence.open.bind(persistence);
  persistence.open = async () => {
    await open();
    const rows = Array.from({ length: 150 }, (_, n) => [
      operation(`spoilt ${n}`, { name: 'known', snapshot: null }),
      operation(`nameless ${n}`, { name: `unknown ${n}` }),
      operation(`again ${n}`, { name: 'unknown 7' }),
    ]);
    await persistence.commit(batch({ operations: rows.flat() }));
  };
  await served({ recovery: { persistence } }, async ({ recovery, ask }) => {
    recovery.operation('known', async () => 1);
    await recovery.resume();
    const { quarantined, undefined_operations } = (await ask('/api/overview')).body.attention;
    assert.is(quarantined.length, 100);
    assert.is(quarantined[0].function_name, 'known');
    assert.match(quarantined[0].operation_id, 'spoilt');
    assert.match(quarantined[0].why, 'snapshot');
    const names = Object.keys(undefined_operations);
    assert.is(names.length, 100);
    assert.is(undefined_operations['unknown 7'], 151);
  })();
});

test('does not tell where on its machine the store is', async () => {
  class Elsewhere extends MemoryPersistence {
    override health(): StoreHealth {
      return {
        ...super.health(),
        healthy: false,
        location: '/home/somebody/data/recovery.db',
        bytes: 5,
        problem: 'the disk is full (/home/somebody/data/recovery.db.redo.1)',
      };
    }
  }
  await served({ recovery: { persistence: new Elsewhere() } }, async ({ ask }) => {
    assert.equal((await ask('/api/overview')).body.persistence, {
      healthy: false,
      location: 'recovery.db',
      bytes: 5,
      problem: 'the disk is full (recovery.db.redo.1)',
    });
  })();
});

test('asks its store once for all who look, and again where that failed', async () => {
  const calls = { counts: 0, arrows: 0 };
  let fails = false;
  class Counting extends MemoryPersistence {
    override counts() {
      calls.counts++;
      if (fails) return Promise.reject(new PersistenceError('the disk is gone'));
      return super.counts();
    }
    override transitionCounts() {
      calls.arrows++;
      return super.transitionCounts();
    }
  }
  await served({ recovery: { persistence: new Counting() } }, async ({ recovery, ask }) => {
    fails = true;
    assert.is((await ask('/api/overview')).status, 503);
    fails = false;
    calls.counts = 0;
    await recovery.operation('fine', async () => 1).run();
    const looks = Array.from({ length: 10 }, () => [
      ask('/api/overview'),
      ask('/api/machines/arrows'),
    ]);
    const answers = await Promise.all(looks.flat());
    assert.ok(answers.every(({ status }) => status === 200));
    assert.equal(calls, { counts: 1, arrows: 1 });
    const { body } = await ask('/api/machines/arrows');
    assert.equal(arrowsSchema.parse(body), body);
    assert.equal(body.arrows[0], {
      machine: 'operation',
      from: null,
      to: 'pending',
      event: 'create',
      reason_kind: 'created',
      count: 1,
    });
    assert.equal(
      body.arrows.map(({ to }: { to: string }) => to),
      ['pending', 'in_progress', 'success'],
    );
    assert.is(calls.arrows, 1);
  })();
});

test('follows the recovery until it closes, or could not begin', async () => {
  const recovery = await createRecovery({ env: {} });
  let followers = 0;
  const watched = new Proxy(recovery, {
    get(target, name) {
      const value = Reflect.get(target, name, target) as unknown;
      if (name !== 'observe') return typeof value === 'function' ? value.bind(target) : value;
      return (observer: RecoveryObserver) => {
        followers++;
        const end = target.observe(observer);
        return () => {
          followers--;
          end();
        };
      };
    },
  });
  const server = await createRecoveryServer(watched, { port: 0 });
  assert.is(followers, 1);
  const { port } = new URL(server.url);
  await rejects(createRecoveryServer(watched, { port: Number(port) }), Error);
  assert.is(followers, 1);
  await server.close();
  assert.is(followers, 0);
  await recovery.close();
});

test.run();
