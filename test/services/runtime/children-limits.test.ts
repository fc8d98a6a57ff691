import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { AttemptTimeoutError, OperationExhaustedError } from '../../../services/errors.ts';
import type { OperationContext } from '../../../services/ports.ts';
import { rejects } from '../../support/rejects.ts';
import { hanging, permanent } from './support/functions.ts';
import { inWorld, STARTED_AT } from './support/world.ts';

const test = suite('limits of child operations');

test(
  'a parent whose attempt times out hears of it at once, and its next attempt attaches to the same child',
  inWorld(async ({ boot, clock, settle }) => {
    const recovery = await boot();
    const { fn, calls } = hanging();
    const part = recovery.operation('part', fn);
    const heard: unknown[] = [];
    const whole = recovery.operation(
      'whole',
      async (_: string, op) => {
        try {
          return await op.child(part, 1, { key: 'k' });
        } catch (error) {
          heard.push(error);
          throw error;
        }
      },
      { timeout: 5_000 },
    );
    const handle = await whole.start('x', { id: 'w' });
    await settle();
    await clock.advance(5_000);
    assert.ok(heard[0] instanceof AttemptTimeoutError);
    await clock.advance(1_000);
    calls[0]?.end('late');
    await settle();
    assert.is(await handle.result(), 'late');
    assert.is(calls.length, 1);
  }),
);

test(
  'a child must have ended by its parent’s deadline, also where it is begun again',
  inWorld(async ({ boot, clock, settle }) => {
    const recovery = await boot();
    const deadlines: (number | undefined)[] = [];
    const part = recovery.operation('part', (_: number, op: OperationContext) => {
      deadlines.push(op.deadline);
      return new Promise(() => {});
    });
    const whole = recovery.operation('whole', (_: string, op) => op.child(part, 1, { key: 'k' }), {
      totalTimeout: 7_000,
    });
    const handle = await whole.start('x', { id: 'w' });
    const told = rejects(handle.result(), OperationExhaustedError);
    await settle();
    await clock.advance(7_000);
    await told;
    const retried = recovery.retry('w');
    await settle();
    void (await retried).result().catch(() => {});
    await settle();
    assert.equal(deadlines, [STARTED_AT + 7_000, STARTED_AT + 14_000]);
  }),
);

test(
  'with one slot in all, a parent that waits lends it to its children, and to theirs',
  inWorld(async ({ boot, settle }) => {
    const recovery = await boot({ concurrency: 1 });
    const running: string[] = [];
    const leaf = recovery.operation('leaf', async (id: string) => {
      running.push(`${recovery.health().slots.running} running in ${id}`);
      return id;
    });
    const middle = recovery.operation(
      'middle',
      (id: string, op) =>
        Promise.all(['a', 'b'].map(key => op.child(leaf, `${id}${key}`, { key }))),
      { concurrency: 1 },
    );
    const root = recovery.operation('root', async (_: string, op) => {
      const all = await Promise.all(['1', '2'].map(key => op.child(middle, key, { key })));
      running.push(`${recovery.health().slots.running} running at the end`);
      return all.flat().join();
    });
    const handle = await root.start('x', { id: 'r' });
    await settle();
    assert.is(await handle.result(), '1a,1b,2a,2b');
    assert.equal(running.slice(0, 1), ['1 running in 1a']);
    assert.is(running.at(-1), '1 running at the end');
    await settle();
    assert.is(recovery.health().slots.running, 0);
  }),
);

test(
  'a slot that was lent is neither lost nor doubled, however the wait ends',
  inWorld(async ({ boot, clock, settle }) => {
    const recovery = await boot({ concurrency: 2 });
    const { fn, calls } = hanging();
    const part = recovery.operation('part', fn);
    const whole = recovery.operation('whole', (_: string, op) => op.child(part, 1, { key: 'k' }), {
      timeout: 5_000,
      maxRetries: 1,
    });
    const cancelled = await whole.start('x', { id: 'cancelled' });
    const late = await whole.start('x', { id: 'late' });
    void Promise.allSettled([cancelled.result(), late.result()]);
    await settle();
    assert.is(recovery.health().slots.running, 2);
    await cancelled.cancel();
    await settle();
    assert.is(recovery.health().slots.running, 1);
    await clock.advance(5_000);
    assert.is(recovery.health().slots.running, 1, 'the parent waits for its retry');
    await clock.advance(1_000);
    assert.is(recovery.health().slots.running, 1, 'its second attempt waits for the same child');
    calls[1]?.fail(permanent());
    await settle();
    assert.is(recovery.health().slots.running, 0);
    assert.is(late.state, 'failed');
  }),
);

test(
  'children are never refused for the queue that they join',
  inWorld(async ({ boot, settle }) => {
    const recovery = await boot();
    const part = recovery.operation('part', async (n: number) => n, {
      concurrency: 1,
      maxPending: 0,
    });
    const whole = recovery.operation('whole', (_: string, op) =>
      Promise.all([1, 2, 3].map(n => op.child(part, n, { key: `${n}` }))),
    );
    const handle = await whole.start('x');
    await settle();
    assert.equal(await handle.result(), [1, 2, 3]);
  }),
);

test.run();
