import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  ConfigError,
  OperationCancelledError,
  OperationConflictError,
  OperationFailedError,
  OperationNotFoundError,
} from '../../../services/errors.ts';
import type { OperationContext } from '../../../services/ports.ts';
import { rejects } from '../../support/rejects.ts';
import { deaf, deferred, failing, hanging, permanent } from './support/functions.ts';
import { inWorld, STARTED_AT } from './support/world.ts';

const test = suite('steering of operations');

test(
  'cancel aborts the signal of a running attempt with the error that says why',
  inWorld(async ({ boot, disk, settle }) => {
    const { fn, calls } = hanging();
    const work = (await boot()).operation('work', fn);
    const handle = await work.start(1, { id: 'x' });
    await settle();
    const told = rejects(handle.result(), OperationCancelledError);
    assert.is(await handle.cancel('no need'), true);
    const error = await told;
    assert.is(error.details.reason, 'no need');
    assert.is(handle.state, 'failed');
    const { signal } = calls[0]?.op ?? {};
    assert.instance(signal?.reason, OperationCancelledError);
    assert.is((await disk.row('x')).state, 'failed');
    assert.is((await disk.history('x')).at(-1)?.reason?.kind, 'cancelled');
    assert.is(await handle.cancel(), false);
  }),
);

test(
  'a function that ignores its signal does not hold the cancel up, and what it returns is forgotten',
  inWorld(async ({ boot, settle, disk }) => {
    const end = deferred<string>();
    const work = (await boot()).operation('work', () => end.promise);
    const handle = await work.start(undefined, { id: 'x' });
    await settle();
    assert.is(await handle.cancel(), true);
    end.resolve('late');
    await settle();
    await rejects(handle.result(), OperationCancelledError);
    assert.is((await disk.row('x')).result, null);
  }),
);

test(
  'cancel during a backoff and while blocked, twice says false, and no attempt follows',
  inWorld(async ({ boot, settle, clock }) => {
    const recovery = await boot();
    const { fn, calls } = failing(9);
    const work = recovery.operation('work', fn, {
      whenOpen: 'wait',
      breakerOptions: { threshold: 1 },
    });
    const handle = await work.start(1, { id: 'backoff' });
    await settle();
    const blocked = await work.start(1, { id: 'blocked' });
    await settle();
    assert.equal([handle.state, blocked.state], ['recovering', 'recovering']);
    const both = await Promise.all([handle.cancel(), handle.cancel(), recovery.cancel('blocked')]);
    assert.equal(both, [true, false, true]);
    await rejects(blocked.result(), OperationCancelledError);
    await clock.advance(1_000_000);
    assert.is(calls.length, 1);
  }),
);

test(
  'cancel before anything of the operation is durable',
  inWorld(async ({ boot, settle, disk }) => {
    const recovery = await boot();
    const { fn, calls } = failing(0);
    disk.hold();
    const starting = recovery.operation('work', fn).start(1, { id: 'x' });
    await settle();
    const cancelled = recovery.cancel('x');
    disk.release();
    assert.is(await cancelled, true);
    await rejects((await starting).result(), OperationCancelledError);
    await settle();
    assert.is(calls.length, 0);
    assert.equal(
      (await disk.history('x')).map(({ to }) => to),
      ['pending', 'in_progress', 'failed'],
    );
  }),
);

test(
  'an operation that is only in the store is steered there: the chart decides, nothing runs',
  inWorld(async ({ boot, crash, settle, disk, clock }) => {
    const first = (await boot()).operation('work', failing(9).fn);
    for (const id of ['a', 'b', 'c']) await first.start(id, { id });
    await settle();
    crash();
    const second = await boot();
    assert.is(await second.cancel('a', 'not needed'), true);
    assert.is(await second.cancel('a'), false);
    assert.equal(await Promise.all([second.cancel('b'), second.cancel('b')]), [true, false]);
    await rejects(second.cancel('unknown'), OperationNotFoundError);
    await rejects(second.pause('unknown'), OperationNotFoundError);
    for (const id of ['a', 'b']) {
      const row = await disk.row(id);
      assert.is(row.state, 'failed');
      const history = await disk.history(id);
      assert.equal(
        history.map(({ seq }) => seq),
        history.map((_, index) => index + 1),
      );
      assert.is(row.seq, history.length);
    }
    await clock.advance(300);
    assert.is(await second.pause('c'), true);
    assert.is(await second.pause('c'), false);
    const third = await boot();
    third.operation('work', failing(0).fn);
    await third.resume();
    await clock.advance(50_000);
    assert.is((await third.get('c'))?.state, 'recovering');
    assert.is(await third.continue('c'), true);
    assert.is((await disk.row('c')).dueAt, clock.now() + 700);
    const error = await rejects(
      Promise.resolve((await third.get('a'))?.result()),
      OperationCancelledError,
    );
    assert.is(error.details.reason, 'not needed');
  }),
);

test(
  'a pause keeps the remaining delay, and continue waits only for that',
  inWorld(async ({ boot, settle, clock, disk }) => {
    const { fn, calls } = failing(1);
    const work = (await boot()).operation('work', fn);
    const handle = await work.start('x', { id: 'x' });
    await settle();
    assert.is(await handle.continue(), false);
    await clock.advance(400);
    assert.is(await handle.pause(), true);
    assert.is(await handle.pause(), false);
    assert.is((await disk.row('x')).dueAt, null);
    await clock.advance(100_000);
    assert.is(calls.length, 1);
    assert.is(await handle.continue(), true);
    await clock.advance(599);
    assert.is(calls.length, 1);
    await clock.advance(1);
    assert.is(await handle.result(), 'x');
    assert.is(clock.now(), STARTED_AT + 400 + 100_000 + 600);
  }),
);

test(
  'a blocked operation can be paused and continued; a running one cannot',
  inWorld(async ({ boot, settle, clock }) => {
    const recovery = await boot();
    const { fn, calls } = failing(1);
    const breakerOptions = { threshold: 1, openTimeout: 10_000 };
    const work = recovery.operation('work', fn, { whenOpen: 'wait', breakerOptions });
    const first = await work.start(1);
    await settle();
    const blocked = await work.start(2);
    await settle();
    assert.is(await blocked.pause(), true);
    await clock.advance(20_000);
    assert.is(await first.result(), 1);
    assert.is(blocked.state, 'recovering');
    assert.is(await blocked.continue(), true);
    await clock.advance(10_000);
    assert.is(await blocked.result(), 2);
    assert.is(calls.length, 3);

    const running = await recovery.operation('run', hanging().fn).start(1);
    await settle();
    assert.is(await running.pause(), false);
    assert.is(running.state, 'in_progress');
  }),
);

test(
  'retry of a failed operation keeps its steps and continues its history',
  inWorld(async ({ boot, disk, clock }) => {
    const recovery = await boot();
    const steps: number[] = [];
    let healthy = false;
    const work = recovery.operation('work', async (input: string, op: OperationContext) => {
      await op.step('a', () => steps.push(op.attempt));
      if (!healthy) throw permanent();
      return `${input} at ${op.attempt}`;
    });
    const handle = await work.start('done', { id: 'x', metadata: { who: 'me' } });
    await rejects(handle.result(), OperationFailedError);
    await rejects(handle.result(), OperationFailedError);
    await clock.advance(5_000);
    healthy = true;
    const [again, conflict] = await Promise.allSettled([recovery.retry('x'), recovery.retry('x')]);
    assert.is(conflict.status, 'rejected');
    assert.ok(again.status === 'fulfilled');
    assert.is(await again.value.result(), 'done at 2');
    await rejects(handle.result(), OperationFailedError);
    assert.equal(steps, [1]);
    const history = await disk.history('x');
    assert.equal(
      history.map(({ seq, from, to }) => [seq, from, to]),
      [
        [1, null, 'pending'],
        [2, 'pending', 'in_progress'],
        [3, 'in_progress', 'failed'],
        [4, 'failed', 'pending'],
        [5, 'pending', 'in_progress'],
        [6, 'in_progress', 'success'],
      ],
    );
    assert.is(history[3]?.reason?.kind, 'operator_retry');
    const row = await disk.row('x');
    assert.equal([row.metadata, row.createdAt, row.attempt], ['{"who":"me"}', STARTED_AT, 2]);
  }),
);

test(
  'retry works in a later process too, and has all retries again',
  inWorld(async ({ boot, crash, clock, settle }) => {
    const first = failing(99);
    const before = await boot({ maxRetries: 1 });
    await before.operation('work', first.fn).start('x', { id: 'x' });
    await clock.advance(10_000);
    assert.is((await before.get('x'))?.state, 'exhausted');
    crash();
    const recovery = await boot({ maxRetries: 1 });
    const { fn, calls } = failing(1);
    recovery.operation('work', fn);
    const handle = await recovery.retry('x');
    await settle();
    await clock.advance(1_000);
    assert.is(await handle.result(), 'x');
    assert.equal(
      calls.map(({ attempt }) => attempt),
      [3, 4],
    );
  }),
);

test(
  'retry is refused for what succeeded, is active, unknown or undefined here',
  inWorld(async ({ boot, settle, crash }) => {
    const recovery = await boot();
    await recovery.operation('echo', async () => 1).run(undefined, { id: 'done' });
    await recovery.operation('hang', deaf().fn).start(undefined, { id: 'active' });
    const fails = recovery.operation('fails', failing(9, permanent).fn);
    await rejects(fails.run(1, { id: 'failed' }), OperationFailedError);
    await settle();
    await rejects(recovery.retry('done'), OperationConflictError);
    await rejects(recovery.retry('active'), OperationConflictError);
    await rejects(recovery.retry('unknown'), OperationNotFoundError);
    crash();
    const error = await rejects((await boot()).retry('failed'), OperationConflictError);
    assert.match(error.message, 'no definition');
  }),
);

test(
  'a retry looks again when the operation ended while it looked',
  inWorld(async ({ boot, settle, disk }) => {
    const recovery = await boot();
    const { fn, calls } = hanging();
    const handle = await recovery.operation('work', fn).start(1, { id: 'x' });
    await settle();
    const { promise, resolve } = deferred();
    disk.rowsOnTheirWay = promise;
    const early = rejects(recovery.retry('x'), OperationConflictError);
    await settle();
    disk.hold();
    calls[0]?.fail(permanent());
    await settle();
    assert.is(handle.state, 'failed');
    resolve();
    await early;
    const again = recovery.retry('x');
    disk.release();
    assert.is((await again).state, 'in_progress');
    assert.equal(
      (await disk.history('x')).map(({ seq, to }) => [seq, to]),
      [
        [1, 'pending'],
        [2, 'in_progress'],
        [3, 'failed'],
        [4, 'pending'],
        [5, 'in_progress'],
      ],
    );
  }),
);

test(
  'a reason is words; whatever else is sent to the actor does not reach the store',
  inWorld(async ({ boot, settle, disk }) => {
    const recovery = await boot();
    const { fn, calls } = hanging();
    const handle = await recovery.operation('work', fn).start(1, { id: 'x' });
    await settle();
    await rejects(handle.cancel(5n as never), ConfigError);
    for (const type of ['cancel', 'pause', 'nonsense']) handle.actor.send({ type } as never);
    await settle();
    assert.is(handle.state, 'in_progress');
    calls[0]?.end('ok');
    assert.is(await handle.result(), 'ok');
    assert.is((await disk.history('x')).length, 3);
  }),
);

test.run();
