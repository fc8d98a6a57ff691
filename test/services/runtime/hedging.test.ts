import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  AttemptOverError,
  AttemptTimeoutError,
  HedgeLostError,
  NotSerializableError,
  OperationCancelledError,
  OperationExhaustedError,
  OperationFailedError,
  RecoveryClosedError,
} from '../../../services/errors.ts';
import type { Progress } from '../../../services/ports.ts';
import { currentOperation } from '../../../services/runtime/current-operation.ts';
import { rejects } from '../../support/rejects.ts';
import { failing, hanging, permanent, stubborn, transient } from './support/functions.ts';
import { inWorld } from './support/world.ts';

const test = suite('hedging');
const HEDGED = { hedgeAfter: 100 } as const;

test(
  'a second call begins when the first has not ended after hedgeAfter, within the same attempt',
  inWorld(async ({ boot, clock, settle }) => {
    const recovery = await boot();
    const { fn, calls } = stubborn();
    const seen: boolean[] = [];
    const work = recovery.operation(
      'work',
      (input: { n: number }, op) => {
        seen.push(currentOperation() === op);
        return fn(input, op);
      },
      HEDGED,
    );
    const handle = await work.start({ n: 1 });
    await clock.advance(99);
    assert.is(calls.length, 1);
    await clock.advance(1);
    assert.is(calls.length, 2);
    await clock.advance(60_000);
    assert.is(calls.length, 2, 'there is no third');
    const [first, second] = calls;
    assert.equal([first?.op.hedge, second?.op.hedge], [0, 1]);
    assert.equal([first?.op.attempt, second?.op.attempt], [1, 1]);
    assert.equal(second?.input, { n: 1 });
    assert.is.not(
      first?.input,
      second?.input,
      'what one does to its input is not seen by the other',
    );
    assert.is.not(first?.op.signal, second?.op.signal);
    assert.equal(seen, [true, true]);
    assert.is(recovery.metrics.attempts, 1);
    first?.end(1);
    await settle();
    assert.is(await handle.result(), 1);
  }),
);

test(
  'a call that ends before hedgeAfter, well or badly, is not followed by a second one',
  inWorld(async ({ boot, clock }) => {
    const recovery = await boot();
    const idle = clock.pending;
    const { fn, calls } = stubborn();
    const handle = await recovery.operation('work', fn, HEDGED).start('input');
    await clock.advance(99);
    calls[0]?.fail(transient());
    await clock.advance(999);
    assert.is(calls.length, 1);
    await clock.advance(1);
    assert.is(calls.length, 2);
    assert.equal([calls[1]?.op.attempt, calls[1]?.op.hedge], [2, 0]);
    await clock.advance(99);
    calls[1]?.end('done');
    await clock.advance(0);
    assert.is(clock.pending, idle, 'the timer of the hedge is gone');
    assert.is(await handle.result(), 'done');
  }),
);

for (const winner of [0, 1] as const) {
  test(
    `the first success wins, and the other call's signal says so (call ${winner})`,
    inWorld(async ({ boot, clock, disk, settle }) => {
      const recovery = await boot();
      const { fn, calls } = stubborn();
      const handle = await recovery.operation('work', fn, HEDGED).start('input', { id: 'x' });
      await clock.advance(150);
      const loser = calls[1 - winner];
      // Asked for before and after: both tell.
      const { signal } = loser?.op ?? new AbortController();
      calls[winner]?.end(winner);
      await settle();
      assert.is(await handle.result(), winner);
      assert.is(signal.aborted, true);
      assert.instance(signal.reason, HedgeLostError);
      assert.is(signal.reason.code, 'HEDGE_LOST');
      assert.equal(signal.reason.details, { operationId: 'x', attempt: 1, hedge: 1 - winner });
      assert.is(calls[winner]?.op.signal.aborted, false);
      loser?.end('too late');
      await settle();
      const last = (await disk.history('x')).at(-1);
      assert.is(last?.event, 'attempt.succeeded');
      assert.is(last?.reason?.hedged, winner === 1 ? true : undefined);
      assert.is((await disk.row('x')).result, String(winner));
    }),
  );
}

test(
  'while one call runs, the failure of the other ends nothing',
  inWorld(async ({ boot, clock, settle }) => {
    const recovery = await boot();
    const { fn, calls } = stubborn();
    const work = recovery.operation('work', fn, HEDGED);
    const first = await work.start('first fails', { id: 'a' });
    const second = await work.start('second fails', { id: 'b' });
    await clock.advance(100);
    const of = (id: string, hedge: number) =>
      calls.find(({ op }) => op.id === id && op.hedge === hedge);
    of('a', 0)?.fail(permanent());
    of('b', 1)?.fail(permanent());
    await clock.advance(60_000);
    assert.is(calls.length, 4);
    assert.is(of('a', 1)?.op.signal.aborted, false);
    assert.is(of('b', 0)?.op.signal.aborted, false);
    of('a', 1)?.end('a');
    of('b', 0)?.end('b');
    await settle();
    assert.equal([await first.result(), await second.result()], ['a', 'b']);
  }),
);

for (const order of [
  [0, 1],
  [1, 0],
] as const) {
  test(
    `when both have failed the first call's error counts, and a line tells of the other (${order})`,
    inWorld(async ({ boot, clock, disk, settle }) => {
      const lines: unknown[] = [];
      const info = (fields: unknown, message: string) => void lines.push([fields, message]);
      const recovery = await boot({ logger: { debug() {}, info, warn() {}, error() {} } });
      const { fn, calls } = stubborn();
      const handle = await recovery.operation('work', fn, HEDGED).start('input', { id: 'x' });
      await clock.advance(100);
      const errors = [permanent('of the first'), transient('of the second')];
      for (const call of order) {
        calls[call]?.fail(errors[call]);
        await settle();
      }
      const error = await rejects(handle.result(), OperationFailedError);
      assert.is(error.cause, errors[0]);
      const reason = (await disk.history('x')).at(-1)?.reason;
      assert.equal([reason?.kind, reason?.category], ['not_retryable', 'permission']);
      const told = lines.filter(line => JSON.stringify(line).includes('"hedge":1'));
      assert.is(told.length, 1);
      assert.is((told[0] as [{ err: unknown }])[0].err, errors[1]);
    }),
  );
}

test(
  'a retry after both calls failed is one retry, and may be hedged again',
  inWorld(async ({ boot, clock, disk, settle }) => {
    const recovery = await boot();
    const { fn, calls } = stubborn();
    const handle = await recovery.operation('work', fn, HEDGED).start('input', { id: 'x' });
    await clock.advance(100);
    calls[0]?.fail(transient());
    calls[1]?.fail(transient());
    await clock.advance(1_000);
    assert.is(calls.length, 3);
    await clock.advance(100);
    assert.equal(
      calls.map(({ op }) => [op.attempt, op.hedge]),
      [
        [1, 0],
        [1, 1],
        [2, 0],
        [2, 1],
      ],
    );
    calls[3]?.end('done');
    await settle();
    assert.is(await handle.result(), 'done');
    const reasons = (await disk.history('x')).map(({ reason }) => reason?.kind);
    assert.equal(reasons, ['created', undefined, 'retry', undefined, 'succeeded']);
    assert.is((await disk.row('x')).attempt, 2);
  }),
);

test(
  'an output that JSON would change is a failure of its call alone',
  inWorld(async ({ boot, clock, settle }) => {
    const recovery = await boot();
    const { fn, calls } = stubborn();
    const work = recovery.operation('work', fn, HEDGED);
    const good = await work.start('input');
    await clock.advance(100);
    calls[0]?.end(new Date());
    await settle();
    calls[1]?.end('good');
    await settle();
    assert.is(await good.result(), 'good');
    const bad = await work.start('input');
    await clock.advance(100);
    calls[3]?.end(new Date());
    await settle();
    calls[2]?.end(new Map());
    await settle();
    const { cause } = await rejects(bad.result(), OperationFailedError);
    assert.instance(cause, NotSerializableError);
    assert.match((cause as Error).message, /map/i);
  }),
);

test(
  'functions that are synchronous, or throw at once, end like any other call',
  inWorld(async ({ boot, clock, settle }) => {
    const recovery = await boot();
    const idle = clock.pending;
    const sync = recovery.operation('sync', (n: number) => n + 1, HEDGED);
    assert.is(await sync.run(1), 2);
    assert.is(clock.pending, idle);
    let calls = 0;
    const throws = recovery.operation(
      'throws',
      () => {
        if (++calls === 1) throw transient();
        return calls;
      },
      HEDGED,
    );
    const thrown = throws.run(undefined);
    await clock.advance(1_000);
    assert.is(await thrown, 2);

    const { fn, calls: firsts } = stubborn();
    for (const [second, expected] of [
      [() => 'at once', 'at once'],
      [
        () => {
          throw permanent();
        },
        'the first',
      ],
    ] as const) {
      const mixed = recovery.operation(
        `mixed ${expected}`,
        (input, op) => (op.hedge === 1 ? second() : fn(input, op)),
        HEDGED,
      );
      const result = mixed.run(undefined);
      await clock.advance(100);
      firsts.at(-1)?.end('the first');
      await settle();
      assert.is(await result, expected);
    }
  }),
);

test(
  'a time-out reaches both calls, and the next attempt gives both time to end',
  inWorld(async ({ boot, clock, settle }) => {
    const recovery = await boot();
    for (const late of [0, 1]) {
      const { fn, calls } = stubborn();
      const work = recovery.operation(`late ${late}`, fn, { ...HEDGED, timeout: 500 });
      const handle = await work.start('input');
      await clock.advance(500);
      for (const { op } of calls) assert.instance(op.signal.reason, AttemptTimeoutError);
      calls[1 - late]?.end('too late');
      await clock.advance(1_500);
      assert.is(calls.length, 2, 'one of them is still at work');
      calls[late]?.fail(transient());
      await settle();
      assert.is(calls.length, 3);
      calls[2]?.end('done');
      await settle();
      assert.is(await handle.result(), 'done');
    }
  }),
);

test(
  'a limit that ends the second call leaves the first error to be judged',
  inWorld(async ({ boot, clock, settle }) => {
    const recovery = await boot();
    const { fn, calls } = stubborn();
    const work = recovery.operation('work', fn, { ...HEDGED, timeout: 500 });
    const refused = permanent();
    const failed = await work.start('input');
    await clock.advance(100);
    calls[0]?.fail(refused);
    await clock.advance(400);
    assert.instance(calls[1]?.op.signal.reason, AttemptTimeoutError);
    assert.is((await rejects(failed.result(), OperationFailedError)).cause, refused);

    const whole = recovery.operation('whole', fn, { ...HEDGED, totalTimeout: 500 });
    const exhausted = await whole.start('input');
    await clock.advance(100);
    calls[2]?.fail(refused);
    await clock.advance(400);
    assert.instance(calls[3]?.op.signal.reason, AttemptTimeoutError);
    const error = await rejects(exhausted.result(), OperationExhaustedError);
    assert.is(error.details.limit, 'totalTimeout');
    assert.is(error.cause, refused);

    // The second one has failed, the first one is cut off.
    const cut = await recovery
      .operation('cut', fn, { ...HEDGED, totalTimeout: 500 })
      .start('input');
    await clock.advance(100);
    calls[5]?.fail(refused);
    await clock.advance(400);
    await settle();
    const { cause } = await rejects(cut.result(), OperationExhaustedError);
    assert.instance(cause, AttemptTimeoutError);
  }),
);

test(
  'cancel reaches both calls',
  inWorld(async ({ boot, clock, settle }) => {
    const recovery = await boot();
    const idle = clock.pending;
    const { fn, calls } = hanging();
    const handle = await recovery.operation('work', fn, HEDGED).start('input');
    await clock.advance(100);
    await handle.cancel('enough');
    await settle();
    await rejects(handle.result(), OperationCancelledError);
    for (const { op } of calls) assert.instance(op.signal.reason, OperationCancelledError);
    const early = await recovery.operation('early', fn, HEDGED).start('input');
    await clock.advance(50);
    await early.cancel();
    await clock.advance(60_000);
    assert.is(calls.length, 3, 'what is cancelled is not hedged');
    assert.is(clock.pending, idle);
    await rejects(early.result(), OperationCancelledError);
  }),
);

test(
  'close reaches both calls, which is no failure, and begins no second one',
  inWorld(async ({ boot, clock, disk, close, settle }) => {
    const recovery = await boot({ drainTimeout: 1_000 });
    const { fn, calls } = hanging();
    const work = recovery.operation('work', fn, HEDGED);
    await work.start('input', { id: 'hedged' });
    await clock.advance(100);
    await work.start('input', { id: 'alone' });
    await clock.advance(50);
    await close(recovery);
    assert.is(calls.length, 3);
    for (const { op } of calls) assert.instance(op.signal.reason, RecoveryClosedError);
    for (const id of ['hedged', 'alone']) {
      const { state, attempt } = await disk.row(id);
      assert.equal([state, attempt], ['recovering', 1]);
      assert.is((await disk.history(id)).at(-1)?.reason?.kind, 'suspended');
    }
    const next = await boot();
    next.operation('work', async input => input);
    await next.resume();
    await settle();
    assert.is(await (await next.get('hedged'))?.result(), 'input');
  }),
);

test(
  'close waits for the call that is still at work when the other has failed by it',
  inWorld(async ({ boot, clock, settle }) => {
    const recovery = await boot({ drainTimeout: 1_000 });
    const { fn, calls } = stubborn();
    const handle = await recovery.operation('work', fn, HEDGED).start('input');
    await clock.advance(100);
    const result = handle.result();
    const closing = recovery.close();
    await clock.advance(1_000);
    calls[0]?.fail(calls[0].op.signal.reason);
    await clock.advance(500);
    calls[1]?.end('just in time');
    await settle();
    await clock.advance(10_000);
    await closing;
    assert.is(await result, 'just in time');
  }),
);

test(
  'a process that dies while both calls run has interrupted one attempt',
  inWorld(async ({ boot, clock, crash, disk, settle }) => {
    const first = await boot();
    const { fn, calls } = stubborn();
    await first.operation('work', fn, HEDGED).start('input', { id: 'x' });
    await clock.advance(100);
    assert.is(calls.length, 2);
    crash();
    const second = await boot();
    const again = stubborn();
    second.operation('work', again.fn, HEDGED);
    await second.resume();
    await settle();
    assert.equal(
      again.calls.map(({ op }) => [op.attempt, op.hedge]),
      [[2, 0]],
    );
    again.calls[0]?.end('done');
    await settle();
    const events = (await disk.history('x')).map(({ event }) => event);
    assert.is(events.filter(event => event === 'attempt.interrupted').length, 1);
    assert.is(second.metrics.interruptions, 1);
  }),
);

for (const winner of [0, 1] as const) {
  test(
    `a loser that does not heed its signal touches nothing any more (call ${1 - winner})`,
    inWorld(async ({ boot, clock, disk, settle }) => {
      const lines: unknown[] = [];
      const info = (_: unknown, message: string) => void lines.push(message);
      const recovery = await boot({ logger: { debug() {}, info, warn: info, error: info } });
      const told: Progress[] = [];
      recovery.progress$.subscribe(progress => told.push(progress));
      const { fn, calls } = stubborn();
      const work = recovery.operation('work', fn, HEDGED);
      const handle = await work.start('input', { id: 'x' });
      await clock.advance(100);
      const loser = calls[1 - winner];
      const inStep = loser?.op.step('begun before', async () => {
        await new Promise(resolve => setImmediate(resolve));
        return 1;
      });
      disk.hold();
      calls[winner]?.end('won');
      const refused = await rejects(inStep ?? Promise.resolve(), HedgeLostError);
      assert.is(refused.details.hedge, 1 - winner);
      let ran = false;
      const late = loser?.op.step('begun later', () => {
        ran = true;
      });
      await rejects(late ?? Promise.resolve(), HedgeLostError);
      loser?.op.progress('too late');
      loser?.end('too late');
      await settle();
      disk.release();
      await settle();
      assert.is(ran, false);
      assert.equal(told, []);
      assert.equal(await disk.steps('x'), []);
      assert.is(await handle.result(), 'won');
      assert.is((await disk.row('x')).result, '"won"');

      const other = await work.start('input');
      await clock.advance(100);
      calls[2 + winner]?.end('won');
      await settle();
      calls[3 - winner]?.fail(transient());
      await settle();
      assert.is(await other.result(), 'won');
      assert.equal(lines, [], 'that a loser ends by it is nothing to tell');
    }),
  );

  test(
    `a call that has failed touches nothing any more while the other is at work (call ${1 - winner})`,
    inWorld(async ({ boot, clock, settle }) => {
      const recovery = await boot();
      const told: unknown[] = [];
      recovery.progress$.subscribe(({ value, hedge }) => told.push([value, hedge]));
      const { fn, calls } = stubborn();
      const work = recovery.operation('work', fn, HEDGED);
      const handle = await work.start('input', { id: 'x' });
      await clock.advance(100);
      const [failed, other] = [calls[1 - winner], calls[winner]];
      failed?.op.progress('before');
      failed?.fail(transient());
      await settle();
      failed?.op.progress('after');
      other?.op.progress('of the other');
      await rejects(failed?.op.step('a', () => 1) ?? Promise.resolve(), AttemptOverError);
      assert.is(await other?.op.step('a', () => 2), 2);
      other?.end('done');
      await settle();
      assert.is(await handle.result(), 'done');
      assert.equal(told, [
        ['before', winner === 0 ? 1 : undefined],
        ['of the other', winner === 1 ? 1 : undefined],
      ]);
      assert.instance(failed?.op.signal.reason, HedgeLostError, 'for what it has left behind');
    }),
  );
}

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
