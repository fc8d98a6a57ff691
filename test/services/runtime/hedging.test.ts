import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  HedgeLostError,
  NotSerializableError,
  OperationFailedError,
} from '../../../services/errors.ts';
import { currentOperation } from '../../../services/runtime/current-operation.ts';
import { rejects } from '../../support/rejects.ts';
import { permanent, stubborn, transient } from './support/functions.ts';
import { HEDGED } from './support/hedged.ts';
import { inWorld } from './support/world.ts';

const test = suite('hedging');

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

test.run();
