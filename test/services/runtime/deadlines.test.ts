import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { OperationExhaustedError } from '../../../services/errors.ts';
import { rejects } from '../../support/rejects.ts';
import { deaf, deferred, failing, hanging, transient } from './support/functions.ts';
import { inWorld } from './support/world.ts';

const test = suite('deadlines of operations that wait, and of those inside others');

test(
  'op.deadline: of its own totalTimeout, handed down to what its function starts, the earlier of both',
  inWorld(async ({ boot, settle, clock }) => {
    const recovery = await boot();
    const seen: Record<string, number | undefined> = {};
    const child = recovery.operation('child', (name: string, op) => {
      seen[name] = op.deadline;
    });
    const strict = recovery.operation(
      'strict',
      (name: string, op) => {
        seen[name] = op.deadline;
      },
      { totalTimeout: 10 },
    );
    const at = clock.now();
    const parent = recovery.operation(
      'parent',
      async (_: number, op) => {
        seen.parent = op.deadline;
        await op.step('deeper', () => child.run('child'));
        await strict.run('strict');
        await child.run('free', { inheritDeadline: false });
      },
      { totalTimeout: 5_000 },
    );
    await Promise.all([parent.run(1), settle()]);
    await child.run('alone');
    assert.equal(seen, {
      parent: at + 5_000,
      child: at + 5_000,
      strict: at + 10,
      free: undefined,
      alone: undefined,
    });
  }),
);

test(
  'a deadline that was handed down ends the operation, also after a restart',
  inWorld(async ({ boot, clock, settle, crash }) => {
    const define = async () => {
      const recovery = await boot();
      const child = recovery.operation('child', hanging().fn);
      const start = async () => void (await child.start(1, { id: 'child' }));
      const parent = recovery.operation('parent', start, { totalTimeout: 5_000 });
      return { recovery, parent };
    };
    const { parent } = await define();
    await Promise.all([parent.run(), settle()]);
    crash();
    await clock.advance(1_000);
    const { recovery } = await define();
    await recovery.resume();
    const handle = await recovery.get('child');
    const told = rejects(handle?.result() ?? Promise.resolve(), OperationExhaustedError);
    await clock.advance(3_999);
    assert.is(recovery.health().active, 1);
    await clock.advance(1);
    const error = await told;
    assert.is(error.details.limit, 'totalTimeout');
    assert.not.match(error.message, 'undefined');
  }),
);

test(
  'totalTimeout ends one that waits at its very instant, before its first attempt and before a retry',
  inWorld(async ({ boot, settle, clock, disk }) => {
    const recovery = await boot();
    const blocker = hanging();
    const idle = clock.pending;
    const { fn, calls } = hanging();
    const quick = recovery.operation('quick', fn, { totalTimeout: 3_000 });
    const slow = recovery.operation('slow', blocker.fn);
    recovery.updateConfig({ concurrency: 1 });
    const retried = await quick.start(1);
    await slow.start(1);
    await settle();
    calls[0]?.fail(transient());
    await clock.advance(2_000);
    const fresh = await quick.start(2);
    assert.equal(
      [recovery.health().slots.retrying, recovery.health().slots.pending, blocker.calls.length],
      [1, 1, 1],
    );
    const told = rejects(retried.result(), OperationExhaustedError);
    await clock.advance(1_000);
    assert.is((await told).details.limit, 'totalTimeout');
    const toldToo = rejects(fresh.result(), OperationExhaustedError);
    await clock.advance(1_999);
    assert.is(fresh.state, 'pending');
    await clock.advance(1);
    assert.is((await toldToo).details.limit, 'totalTimeout');
    assert.equal(
      (await disk.history(fresh.id)).map(({ to }) => to),
      ['pending', 'exhausted'],
    );
    assert.equal([calls.length, recovery.health().slots.running], [1, 1]);
    blocker.calls[0]?.end();
    await settle();
    assert.equal([clock.pending, recovery.health().slots.running], [idle, 0]);
  }),
);

test(
  'a function whose time is over at the very instant at which its attempt is durable is not called',
  inWorld(async ({ boot, disk, clock }) => {
    const { fn, calls } = failing(0);
    const late = (await boot()).operation('late', fn, { totalTimeout: 5_000 });
    disk.hold();
    const outcome = rejects(late.run(1), OperationExhaustedError);
    await clock.advance(5_000);
    disk.release();
    await outcome;
    assert.is(calls.length, 0);
  }),
);

test(
  'a fallback that stands in for one that waited too long counts as running',
  inWorld(async ({ boot, settle, clock }) => {
    const recovery = await boot({ concurrency: 1 });
    const { fn, calls } = hanging();
    const end = deferred<string>();
    const work = recovery.operation('work', fn, {
      totalTimeout: 1_000,
      fallback: () => end.promise,
    });
    const plain = recovery.operation('plain', fn);
    await plain.start(1);
    const handle = await work.start(1);
    await plain.start(2);
    await clock.advance(1_000);
    assert.equal([handle.state, recovery.health().slots.running], ['in_progress', 2]);
    calls[0]?.end();
    await settle();
    assert.is(calls.length, 1, 'the fallback has the slot');
    end.resolve('instead');
    assert.is(await handle.result(), 'instead');
    await settle();
    assert.equal([calls.length, recovery.health().slots.running], [2, 1]);
  }),
);

test(
  'a deadline that comes while the recovery closes begins nothing: what waited is dealt with after the next resume()',
  inWorld(async ({ boot, settle, close, disk }) => {
    const recovery = await boot({ concurrency: 1 });
    let fallbacks = 0;
    const work = recovery.operation('work', deaf().fn, {
      totalTimeout: 3_000,
      fallback: () => ++fallbacks,
    });
    const slow = recovery.operation('slow', deaf().fn);
    await slow.start(1);
    const { id } = await work.start(1);
    await settle();
    await close(recovery);
    assert.equal([(await disk.row(id)).state, fallbacks], ['pending', 0]);
    const next = await boot({ concurrency: 1 });
    next.operation('work', deaf().fn, { totalTimeout: 3_000, fallback: () => 'instead' });
    await Promise.all([next.resume(), settle()]);
    await settle();
    assert.is(await (await next.get(id))?.result(), 'instead');
  }),
);

test.run();
