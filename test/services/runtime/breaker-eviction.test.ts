import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  CircuitOpenError,
  OperationExhaustedError,
  OverloadedError,
} from '../../../services/errors.ts';
import type { DurableRecovery } from '../../../services/recovery.ts';
import { rejects } from '../../support/rejects.ts';
import { hanging, transient } from './support/functions.ts';
import { inWorld } from './support/world.ts';

const test = suite('breakers that are forgotten');
const TOO_MANY = 'more circuit breakers than maxBreakers are in use or have something to remember';

/** A definition with a breaker for each host; an input `host!` fails, `host` does not. */
function hosts(recovery: DurableRecovery) {
  return recovery.operation(
    'fetch',
    async (input: string) => {
      if (input.endsWith('!')) throw transient();
      return input;
    },
    {
      maxRetries: 0,
      breaker: input => input.replace('!', ''),
      breakerOptions: { threshold: 2, openTimeout: 30_000 },
    },
  );
}

const keysOf = (recovery: DurableRecovery) => recovery.health().breakers.map(({ key }) => key);

test(
  'with many keys memory and store stay bounded, and those that were used last are kept',
  inWorld(async ({ boot, disk, logged }) => {
    const recovery = await boot({ maxBreakers: 10 });
    const fetch = hosts(recovery);
    for (let n = 0; n < 500; n++) {
      // A failure that is counted and then forgiven leaves a row behind.
      await fetch.run(`host${n}!`).catch(() => {});
      await fetch.run(`host${n}`);
      if (n === 450) await fetch.run('host445');
      assert.ok(keysOf(recovery).length <= 10);
    }
    assert.equal(
      keysOf(recovery).sort(),
      Array.from({ length: 10 }, (_, n) => `host${490 + n}`),
    );
    // The last forgetting is of the commit after the last operation.
    await fetch.run('host499');
    assert.equal(await disk.breakerKeys(), keysOf(recovery).sort());
    assert.equal(logged, []);
  }),
);

test(
  'a key that comes back works like a new one',
  inWorld(async ({ boot, disk }) => {
    const recovery = await boot({ maxBreakers: 1 });
    const fetch = hosts(recovery);
    const trip = async () => {
      for (let time = 0; time < 2; time++) {
        await rejects(fetch.run('a!'), OperationExhaustedError);
      }
      await rejects(fetch.run('a'), CircuitOpenError);
    };
    await fetch.run('a!').catch(() => {});
    await fetch.run('a');
    await fetch.run('b');
    assert.equal(keysOf(recovery), ['b']);
    await trip();
    assert.is(recovery.breaker('a')?.state, 'open');
    assert.ok((await disk.breakerKeys()).includes('a'));
    const history = await recovery.transitions({ breakerKey: 'a' });
    assert.equal(
      history.map(t => [t.seq, t.to]),
      [[1, 'open']],
    );
  }),
);

test(
  'what a breaker knows keeps it: failures for as long as they would have kept it open, an open one until it is closed',
  inWorld(async ({ boot, clock, disk }) => {
    const recovery = await boot({ maxBreakers: 2 });
    const fetch = hosts(recovery);
    await fetch.run('failed!').catch(() => {});
    for (let time = 0; time < 2; time++) await fetch.run('open!').catch(() => {});
    await fetch.run('fine');
    await fetch.run('other');
    assert.equal(keysOf(recovery).sort(), ['failed', 'open']);
    await clock.advance(30_001);
    await fetch.run('third');
    assert.ok(!keysOf(recovery).includes('failed'));
    assert.ok(keysOf(recovery).includes('open'));
    await fetch.run('open');
    assert.is(recovery.breaker('open')?.state, 'closed');
    for (const input of ['x', 'y', 'z']) await fetch.run(input);
    assert.equal(keysOf(recovery).sort(), ['y', 'z']);
    assert.ok(!(await disk.breakerKeys()).includes('open'));
  }),
);

test(
  'one that operations use is kept, with one warning when there are too many of them',
  inWorld(async ({ boot, settle, logged }) => {
    const recovery = await boot({ maxBreakers: 2 });
    const { fn, calls } = hanging();
    const hang = recovery.operation('hang', fn, { breaker: input => String(input) });
    const keys = Array.from({ length: 40 }, (_, n) => `key${n}`);
    const handles = await Promise.all(keys.map(key => hang.start(key)));
    await settle();
    assert.is(keysOf(recovery).length, 40);
    assert.equal(logged, [TOO_MANY]);
    for (const call of calls) call.end('done');
    await Promise.all(handles.map(handle => handle.result()));
    assert.is(keysOf(recovery).length, 2);
    assert.equal(logged, [TOO_MANY]);
  }),
);

test(
  'a key that comes back before its forgetting is durable is not forgotten',
  inWorld(async ({ boot, disk, settle, crash }) => {
    const first = await boot({ maxBreakers: 1 });
    const fetch = hosts(first);
    await fetch.run('a!').catch(() => {});
    await fetch.run('a');
    assert.equal(await disk.breakerKeys(), ['a']);
    disk.hold();
    const other = fetch.run('b');
    await settle();
    const again = fetch.run('a!').catch(() => {});
    await settle();
    disk.release();
    await Promise.all([other, again]);
    crash();
    assert.is((await boot()).breaker('a')?.failures, 1);
  }),
);

test(
  'a store that fails meanwhile forgets when it works again',
  inWorld(async ({ boot, disk, clock }) => {
    const recovery = await boot({ maxBreakers: 1 });
    const fetch = hosts(recovery);
    await fetch.run('a!').catch(() => {});
    await fetch.run('a');
    disk.failure = new Error('full');
    await fetch.run('b').catch(() => {});
    assert.equal(await disk.breakerKeys(), ['a']);
    disk.failure = undefined;
    await clock.advance(10_000);
    assert.equal(await disk.breakerKeys(), []);
  }),
);

test(
  'starts that are refused leave no more of them behind',
  inWorld(async ({ boot, settle }) => {
    const recovery = await boot({ maxBreakers: 3 });
    const busy = recovery.operation('busy', hanging().fn, {
      concurrency: 1,
      maxPending: 0,
      rateLimit: { limit: 1_000, interval: 1_000 },
      breaker: (input: string) => input,
    });
    await busy.start('first');
    await settle();
    for (let n = 0; n < 50; n++) await rejects(busy.start(`k${n}`), OverloadedError);
    assert.ok(recovery.breakers().length <= 4, `there are ${recovery.breakers().length}`);
  }),
);

test(
  'a restart forgets what is beyond the bound, the longest unused first',
  inWorld(async ({ boot, clock, crash, disk, settle }) => {
    const fetch = hosts(await boot());
    for (const host of ['d', 'c', 'b', 'a']) {
      await fetch.run(`${host}!`).catch(() => {});
      await fetch.run(host);
      await clock.advance(1);
    }
    crash();
    const recovery = await boot({ maxBreakers: 2 });
    assert.equal(keysOf(recovery).sort(), ['a', 'b']);
    await settle();
    assert.equal(await disk.breakerKeys(), ['a', 'b']);
  }),
);

test.run();
