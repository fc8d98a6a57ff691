import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { OperationExhaustedError } from '../../../services/errors.ts';
import { rejects } from '../../support/rejects.ts';
import { failing, permanent, stubborn, transient } from './support/functions.ts';
import { HEDGED } from './support/hedged.ts';
import { inWorld } from './support/world.ts';

const test = suite('hedging: other parts of the policy');

test(
  'a machine that sleeps past the time-out of an attempt does not wake up to hedge it',
  inWorld(async ({ boot, clock }) => {
    let asleep = 0;
    const recovery = await boot({
      clock: {
        now: () => clock.now() + asleep,
        setTimeout: (fn, ms) => clock.setTimeout(fn, ms),
        clearTimeout: handle => clock.clearTimeout(handle),
      },
    });
    const { fn, calls } = stubborn();
    const options = { ...HEDGED, timeout: 500, maxRetries: 0 };
    const handle = await recovery.operation('work', fn, options).start('input');
    await clock.advance(99);
    asleep = 1_000;
    await clock.advance(1);
    assert.is(calls.length, 1);
    await clock.advance(400);
    await rejects(handle.result(), OperationExhaustedError);
  }),
);

test(
  'a function is not hedged where its time is up by then',
  inWorld(async ({ boot, clock }) => {
    const recovery = await boot();
    const { fn, calls } = stubborn();
    for (const limit of ['timeout', 'totalTimeout'] as const) {
      for (const ms of [99, 100]) {
        const options = { ...HEDGED, [limit]: ms, maxRetries: 0 };
        const work = recovery.operation(`${limit} ${ms}`, fn, options);
        const handle = await work.start('input');
        await clock.advance(1_000);
        await rejects(handle.result(), OperationExhaustedError);
      }
    }
    assert.equal(
      calls.map(({ op }) => op.hedge),
      [0, 0, 0, 0],
    );
  }),
);

test(
  'a limit that the configuration gains counts for hedges too',
  inWorld(async ({ boot, clock, settle }) => {
    const recovery = await boot();
    const { fn, calls } = stubborn();
    const work = recovery.operation('work', fn, { ...HEDGED, maxRetries: 0 });
    recovery.updateConfig({ timeout: 100 });
    const handle = await work.start('input');
    await clock.advance(100);
    await settle();
    await rejects(handle.result(), OperationExhaustedError);
    assert.is(calls.length, 1);
  }),
);

test(
  'the length of a call that a breaker is told is that of the call that decides',
  inWorld(async ({ boot, clock, settle }) => {
    const recovery = await boot();
    const { fn, calls } = stubborn();
    const work = recovery.operation('work', fn, {
      ...HEDGED,
      maxRetries: 0,
      breakerOptions: { kind: 'count', slowCallDuration: 1_000 },
    });
    const durationOf = async (...settlements: readonly (readonly [number, 'end' | 'fail'])[]) => {
      const handle = await work.start('input');
      await clock.advance(100);
      const pair = calls.slice(-2);
      for (const [call, how] of settlements) {
        await clock.advance(30);
        pair[call]?.[how](transient().message);
      }
      await settle();
      await handle.result().catch(() => {});
      return handle.actor.getSnapshot().context.outcome.duration;
    };
    assert.is(await durationOf([0, 'end']), 130);
    assert.is(await durationOf([1, 'end']), 30);
    assert.is(await durationOf([0, 'fail'], [1, 'end']), 60);
    assert.is(await durationOf([0, 'fail'], [1, 'fail']), 130);
    assert.is(await durationOf([1, 'fail'], [0, 'fail']), 160);
  }),
);

test(
  'healthy progress of either call lets the backoff begin anew',
  inWorld(async ({ boot, clock }) => {
    const recovery = await boot();
    for (const healthy of [0, 1]) {
      const { fn, calls } = stubborn();
      const strategy = { name: 'count', calculateDelay: (attempt: number) => attempt * 1_000 };
      const options = { ...HEDGED, strategy, resetAfter: 500 };
      const handle = await recovery.operation(`work ${healthy}`, fn, options).start('input');
      calls[0]?.fail(transient());
      await clock.advance(1_000);
      await clock.advance(100);
      await clock.advance(500);
      calls[1 + healthy]?.op.progress('well');
      calls[1]?.fail(transient());
      calls[2]?.fail(transient());
      await clock.advance(1_000);
      assert.is(calls.length, 4, 'the delay is that of a first retry');
      calls[3]?.end('done');
      await clock.advance(0);
      assert.is(await handle.result(), 'done');
    }
  }),
);

test(
  'a fallback is not hedged',
  inWorld(async ({ boot, clock, settle }) => {
    const recovery = await boot();
    const { fn, calls } = stubborn();
    const work = recovery.operation('work', failing(1, permanent).fn, {
      ...HEDGED,
      fallback: (_, op) => fn('fallback', op),
    });
    const handle = await work.start('input');
    await clock.advance(60_000);
    assert.is(calls.length, 1);
    assert.is(calls[0]?.op.hedge, 0);
    calls[0]?.end('stood in');
    await settle();
    assert.is(await handle.result(), 'stood in');
  }),
);

test.run();
