import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { OperationCancelledError } from '../../../services/errors.ts';
import type { OperationContext } from '../../../services/ports.ts';
import { rejects } from '../../support/rejects.ts';
import { transient } from './support/functions.ts';
import { hangs, registering, undos } from './support/undos.ts';
import { inWorld } from './support/world.ts';

const test = suite('undo of what is cancelled');

test(
  'a cancel aborts the function, which gets its time to end, and is followed by the undos; another cancel and a pause do nothing',
  inWorld(async ({ boot, settle }) => {
    const recovery = await boot();
    const seen: string[] = [];
    let open: (() => void) | undefined;
    const undo = {
      remove: () => void seen.push('remove'),
      close: () => {
        seen.push('close');
        return new Promise<void>(resolve => {
          open = resolve;
        });
      },
    };
    const fn = registering(
      op =>
        new Promise(resolve =>
          op.signal.addEventListener('abort', () => {
            seen.push('aborted');
            resolve(1);
          }),
        ),
    );
    const handle = await recovery.operation('work', fn, { undo }).start(1, { id: 'x' });
    const cancelled = rejects(handle.result(), OperationCancelledError);
    await settle();
    assert.is(await handle.cancel('no need'), true);
    await settle();
    assert.equal(handle.actor.getSnapshot().value, { in_progress: 'undoing' });
    assert.equal([await handle.cancel(), await handle.pause()], [false, false]);
    open?.();
    await settle();
    const { details } = await cancelled;
    assert.equal(seen, ['aborted', 'close', 'remove']);
    assert.equal([details.reason, details.undo], ['no need', { left: 0, done: 2, failed: [] }]);
  }),
);

test(
  'a function that does not heed its cancel is given a second before anything is taken back',
  inWorld(async ({ boot, settle, clock }) => {
    const { undo, calls } = undos();
    const recovery = await boot();
    const handle = await recovery.operation('work', registering(hangs), { undo }).start(1);
    handle.result().catch(() => {});
    await settle();
    await handle.cancel();
    await clock.advance(999);
    assert.equal(calls, []);
    await clock.advance(1);
    assert.is(calls.length, 2);
  }),
);

test(
  'a cancel while it waits in backoff takes back, too',
  inWorld(async ({ boot, settle }) => {
    const { undo, calls } = undos();
    const recovery = await boot();
    const fn = registering(() => {
      throw transient();
    });
    const handle = await recovery.operation('work', fn, { undo }).start(1);
    const cancelled = rejects(handle.result(), OperationCancelledError);
    await settle();
    assert.equal(handle.actor.getSnapshot().value, { recovering: 'backoff' });
    await handle.cancel();
    await settle();
    await cancelled;
    assert.is(calls.length, 2);
  }),
);

test(
  'what is registered when the attempt is over is refused, and its effect does not come to pass',
  inWorld(async ({ boot, settle, clock }) => {
    const { undo, calls } = undos();
    const recovery = await boot();
    let late: unknown;
    const fn = async (_: unknown, op: OperationContext) => {
      await new Promise<void>(resolve => op.signal.addEventListener('abort', () => resolve()));
      late = await op.onUndo('remove').then(
        () => 'registered',
        (error: unknown) => error,
      );
    };
    const handle = await recovery.operation('work', fn, { undo }).start(1);
    const cancelled = rejects(handle.result(), OperationCancelledError);
    await settle();
    await handle.cancel();
    await settle();
    await clock.advance(1_000);
    await cancelled;
    assert.instance(late, OperationCancelledError);
    assert.equal(calls, []);
  }),
);

test(
  'children are cancelled when their parent begins to take back, and take back themselves',
  inWorld(async ({ boot, settle, disk, clock }) => {
    const recovery = await boot();
    const own = undos();
    const part = recovery.operation('part', registering(hangs), { undo: own.undo });
    const held = undos();
    const fn = async (_: unknown, op: OperationContext) => {
      await op.onUndo('remove', 1);
      return op.child(part, 1, { key: 'part' });
    };
    const undo = { ...held.undo, remove: hangs };
    const handle = await recovery.operation('work', fn, { undo }).start(1, { id: 'x' });
    handle.result().catch(() => {});
    await settle();
    await handle.cancel();
    // The child's function does not heed its signal.
    await clock.advance(1_000);
    assert.equal(handle.actor.getSnapshot().value, { in_progress: 'undoing' });
    await (await recovery.get('x/part'))?.result().catch(() => {});
    assert.is((await disk.row('x/part')).state, 'failed');
    assert.is(own.calls.length, 2);
  }),
);

test(
  'the permit goes back before anything is taken back: a probe that is cancelled lets another one in',
  inWorld(async ({ boot, clock, settle }) => {
    const recovery = await boot();
    const undo = { remove() {}, close: hangs };
    const breakerOptions = { threshold: 1, openTimeout: 1_000 };
    let fn = registering(() => {
      throw transient();
    });
    const options = { undo, breakerOptions, maxRetries: 0, breaker: 'b' } as const;
    const work = recovery.operation('work', (input: unknown, op) => fn(input, op), options);
    const first = await work.start(1);
    first.result().catch(() => {});
    await settle();
    assert.is(recovery.breaker('b')?.state, 'open');
    await clock.advance(1_000);
    fn = registering(hangs);
    const probe = await work.start(2);
    probe.result().catch(() => {});
    await settle();
    assert.is(recovery.breaker('b')?.state, 'half_open');
    await probe.cancel();
    const plain = recovery.operation('plain', async (_: number) => 'in', {
      breaker: 'b',
      breakerOptions,
    });
    assert.is(await plain.run(1), 'in');
  }),
);

test.run();
