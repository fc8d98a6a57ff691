import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { OperationExhaustedError } from '../../../services/errors.ts';
import { FixedDelayStrategy } from '../../../services/strategies/index.ts';
import { rejects } from '../../support/rejects.ts';
import { deaf, failing, hanging } from './support/functions.ts';
import { inWorld, STARTED_AT } from './support/world.ts';

const test = suite('restarts');

test(
  'a retry delay of 60 s, killed after 20 s, fires 40 s later',
  inWorld(async ({ boot, clock, crash }) => {
    const strategy = new FixedDelayStrategy({ delay: 60_000 });
    await (await boot({ strategy })).operation('work', failing(9).fn).start('x', { id: 'x' });
    await clock.advance(20_000);
    crash();
    const recovery = await boot({ strategy });
    const { fn, calls } = failing(0);
    recovery.operation('work', fn);
    assert.equal(await recovery.resume(), { resumed: 1, quarantined: 0, undefined: 0 });
    await clock.advance(39_999);
    assert.is(calls.length, 0);
    await clock.advance(1);
    assert.is(await (await recovery.get('x'))?.result(), 'x');
    assert.is(clock.now(), STARTED_AT + 60_000);
    assert.is(calls[0]?.attempt, 2);
  }),
);

test(
  'one that fell due while the process was down goes on at once',
  inWorld(async ({ boot, clock, crash }) => {
    await (await boot()).operation('work', failing(9).fn).start('x', { id: 'x' });
    await clock.advance(20);
    crash();
    await clock.advance(3_600_000);
    const recovery = await boot();
    const { fn, calls } = failing(0);
    recovery.operation('work', fn);
    await recovery.resume();
    await clock.advance(0);
    assert.is(calls.length, 1);
  }),
);

test(
  'however many were left behind, all of them go on, each once',
  inWorld(async ({ boot, settle, crash }) => {
    const work = (await boot()).operation('work', deaf().fn);
    await Promise.all(Array.from({ length: 501 }, (_, input) => work.start(input)));
    crash();
    const recovery = await boot();
    const { fn, calls } = failing(0);
    recovery.operation('work', fn);
    assert.equal(await recovery.resume(), { resumed: 501, quarantined: 0, undefined: 0 });
    await settle();
    assert.is(new Set(calls.map(({ input }) => input)).size, 501);
    assert.is(calls.length, 501);
  }),
);

test(
  'an attempt that its process did not survive is an interruption, and the next attempt follows at once',
  inWorld(async ({ boot, settle, crash, disk }) => {
    const before = deaf();
    await (await boot()).operation('work', before.fn).start('x', { id: 'x' });
    await settle();
    assert.is(before.calls.length, 1);
    crash();
    const recovery = await boot();
    const { fn, calls } = failing(0);
    recovery.operation('work', fn);
    await recovery.resume();
    await settle();
    assert.is(await (await recovery.get('x'))?.result(), 'x');
    assert.equal(
      calls.map(({ attempt }) => attempt),
      [2],
    );
    const history = await disk.history('x');
    assert.equal(
      history.map(({ from, to, event, reason }) => [from, to, event, reason?.kind]),
      [
        [null, 'pending', 'create', 'created'],
        ['pending', 'in_progress', 'start', undefined],
        ['in_progress', 'recovering', 'attempt.interrupted', 'interrupted'],
        ['recovering', 'in_progress', 'due', undefined],
        ['in_progress', 'success', 'attempt.succeeded', 'succeeded'],
      ],
    );
    assert.is(recovery.metrics.interruptions, 1);
    assert.is(recovery.metrics.recovered, 1);
  }),
);

test(
  'interruptions are counted: one too many ends it exhausted, without another call',
  inWorld(async ({ boot, settle, crash, disk }) => {
    let calls = 0;
    const options = { maxInterruptions: 2 };
    for (let life = 0; life < 6; life++) {
      const recovery = await boot();
      const work = recovery.operation(
        'work',
        () => {
          calls++;
          return new Promise(() => {});
        },
        options,
      );
      if (life === 0) await work.start(undefined, { id: 'x' });
      else await recovery.resume();
      await settle();
      await settle();
      crash();
    }
    assert.is(calls, 3);
    const row = await disk.row('x');
    assert.equal([row.state, row.attempt], ['exhausted', 3]);
    const recovery = await boot();
    const handle = await recovery.get('x');
    const error = await rejects(Promise.resolve(handle?.result()), OperationExhaustedError);
    assert.is(error.details.limit, 'maxInterruptions');
  }),
);

test(
  'every resting state goes on where it stood',
  inWorld(async ({ boot, settle, crash, clock }) => {
    const first = await boot();
    const breakerOptions = { threshold: 1, openTimeout: 30_000 };
    const options = { whenOpen: 'wait', breakerOptions, breaker: 'shared', maxRetries: 9 } as const;
    const hang = first.operation('hang', hanging().fn);
    await hang.start('running', { id: 'running' });
    const flaky = first.operation('flaky', failing(99).fn);
    await flaky.start('backoff', { id: 'backoff' });
    const paused = await flaky.start('paused', { id: 'paused' });
    const trip = first.operation('trip', failing(99).fn, options);
    await trip.start('tripped', { id: 'tripped' });
    await settle();
    await trip.start('blocked', { id: 'blocked' });
    assert.is(await paused.pause(), true);
    await settle();
    crash();

    const recovery = await boot();
    for (const name of ['hang', 'flaky']) recovery.operation(name, failing(0).fn);
    recovery.operation('trip', failing(0).fn, options);
    assert.is((await recovery.resume()).resumed, 5);
    await clock.advance(1);
    const states = async () => {
      const { items } = await recovery.list();
      return Object.fromEntries(items.map(({ id, state }) => [id, state]));
    };
    assert.equal(await states(), {
      running: 'success',
      backoff: 'recovering',
      paused: 'recovering',
      tripped: 'recovering',
      blocked: 'recovering',
    });
    await clock.advance(1_000);
    assert.equal(await states(), {
      running: 'success',
      backoff: 'success',
      paused: 'recovering',
      tripped: 'recovering',
      blocked: 'recovering',
    });
    await clock.advance(29_000);
    assert.is(await (await recovery.get('blocked'))?.result(), 'blocked');
    assert.is(await (await recovery.get('tripped'))?.result(), 'tripped');
    assert.is(await recovery.continue('paused'), true);
    await clock.advance(1_000);
    assert.is(await (await recovery.get('paused'))?.result(), 'paused');
    assert.is(recovery.health().active, 0);
  }),
);

test(
  'what was not durable never was, whatever commit the process died in',
  inWorld(async ({ boot, settle, crash, disk }) => {
    const first = await boot();
    const { fn, calls } = failing(0);
    const work = first.operation('work', fn);
    disk.hold();
    const started = work.start('x', { id: 'x' });
    void started;
    await settle();
    crash();
    disk.release();
    await settle();
    assert.is(calls.length, 0);
    const recovery = await boot();
    assert.is(await recovery.get('x'), undefined);
    const again = recovery.operation('work', fn);
    assert.is(await again.run('x', { id: 'x' }), 'x');
    assert.is(calls.length, 1);
  }),
);

test(
  'a result whose commit the process did not survive is computed again',
  inWorld(async ({ boot, settle, crash, disk }) => {
    const first = await boot();
    const { fn, calls } = hanging();
    await first.operation('work', fn).start('x', { id: 'x' });
    await settle();
    disk.hold();
    calls[0]?.end('lost');
    await settle();
    crash();
    disk.release();
    await settle();
    const recovery = await boot();
    recovery.operation('work', failing(0).fn);
    await recovery.resume();
    await settle();
    assert.is(await (await recovery.get('x'))?.result(), 'x');
    assert.is((await disk.row('x')).attempt, 2);
  }),
);
test.run();
