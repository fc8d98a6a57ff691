import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { OperationCancelledError, OverloadedError } from '../../../services/errors.ts';
import { rejects } from '../../support/rejects.ts';
import { hanging, permanent } from './support/functions.ts';
import { inWorld } from './support/world.ts';

const test = suite('overload');

test(
  'an aborted queued call stays queued (cockatiel bulkhead): not here; it is settled at once and its place is free',
  inWorld(async ({ boot, settle, clock }) => {
    const recovery = await boot();
    const { fn, calls } = hanging();
    const work = recovery.operation('work', fn, { concurrency: 1, maxPending: 1 });
    await work.start(1, { id: 'running' });
    const waiting = await work.start(1, { id: 'waiting' });
    await rejects(work.start(1), OverloadedError);
    const at = clock.now();
    const told = rejects(waiting.result(), OperationCancelledError);
    assert.is(await waiting.cancel('no need'), true);
    await told;
    assert.is(clock.now(), at);
    assert.is(recovery.health().slots.pending, 0);
    const next = await work.start(1, { id: 'next' });
    await settle();
    assert.equal([next.state, recovery.health().slots.running], ['pending', 1]);
    calls[0]?.end();
    await settle();
    assert.equal(
      calls.map(({ op }) => op.id),
      ['running', 'next'],
    );
  }),
);

test(
  'maxPending: what is refused leaves nothing behind, and says what is full',
  inWorld(async ({ boot, settle, disk }) => {
    const recovery = await boot({ maxPending: 1 });
    const { fn } = hanging();
    const work = recovery.operation('work', fn, { concurrency: 1 });
    for (const id of ['a', 'b']) await work.start(1, { id });
    for (const refusal of [
      work.start(1, { id: 'c' }),
      work.run(1, { id: 'd' }),
      work.start(1),
      work.run(1),
    ]) {
      const error = await rejects(refusal, OverloadedError);
      assert.is(error.code, 'OVERLOADED');
      const { limit, scope, waiting, maxPending } = error.details;
      assert.equal([limit, scope, waiting, maxPending], ['maxPending', 'recovery', 1, 1]);
    }
    await settle();
    assert.is(await recovery.get('c'), undefined);
    assert.equal(await disk.history('d'), []);
    assert.is((await recovery.list()).items.length, 2);
    assert.is(recovery.health().active, 2);
  }),
);

test(
  'an operator who retries is not refused, and waits like everybody else',
  inWorld(async ({ boot, settle }) => {
    const recovery = await boot();
    const { fn, calls } = hanging();
    const work = recovery.operation('work', fn, { concurrency: 1, maxPending: 0 });
    const told = rejects(work.run(1, { id: 'x' }), Error);
    await settle();
    calls[0]?.fail(permanent());
    await told;
    await work.start(1, { id: 'y' });
    const again = await recovery.retry('x');
    await settle();
    assert.equal([again.state, calls.length], ['pending', 2]);
    calls[1]?.end();
    await settle();
    assert.equal([again.state, calls[2]?.op.attempt], ['in_progress', 2]);
  }),
);

test(
  'whoever attaches to an operation is not refused, alive or only in the store',
  inWorld(async ({ boot, settle, crash }) => {
    const options = { concurrency: 1, maxPending: 1 };
    const first = (await boot()).operation('work', hanging().fn, options);
    for (const id of ['a', 'b']) await first.start(1, { id });
    assert.is((await first.start(1, { id: 'b' })).id, 'b');
    await settle();
    crash();
    const recovery = await boot();
    const work = recovery.operation('work', hanging().fn, options);
    const [a, b] = [await work.start(1, { id: 'a' }), await work.start(1, { id: 'b' })];
    await settle();
    assert.equal([a.id, b.id], ['a', 'b']);
    assert.is(recovery.health().slots.running, 1);
  }),
);

test(
  'resume() refuses nobody: what waited waits again, in the order in which it was started',
  inWorld(async ({ boot, settle, crash, clock }) => {
    const options = { concurrency: 2, maxPending: 10 };
    const first = (await boot()).operation('work', hanging().fn, options);
    for (let n = 0; n < 6; n++) await first.start(n, { id: `${n}` });
    await settle();
    crash();
    const recovery = await boot({ maxPending: 0 });
    const { fn, calls } = hanging();
    const work = recovery.operation('work', fn, { concurrency: 1, maxPending: 0 });
    assert.is((await recovery.resume()).resumed, 6);
    await clock.advance(0);
    assert.is(calls.length, 1);
    await rejects(work.start(9), OverloadedError);
    for (let n = 0; n < 6; n++) {
      calls[n]?.end();
      await clock.advance(1_000);
    }
    const order = calls.map(({ op }) => op.id);
    assert.equal([...order].sort(), ['0', '1', '2', '3', '4', '5']);
    assert.equal(
      order.filter(id => id > '1'),
      ['2', '3', '4', '5'],
    );
    assert.is(recovery.health().active, 0);
  }),
);

test.run();
