import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { UndoContext } from '../../../services/ports.ts';
import { fails, hangs, registering, undos } from './support/undos.ts';
import { inWorld, type World } from './support/world.ts';

const test = suite('undo in another process');

/** An operation that has registered its undos, and does not end. */
async function beginHanging({ boot, settle }: World) {
  const recovery = await boot();
  const handle = await recovery
    .operation('work', registering(hangs), { undo: undos().undo })
    .start(1, { id: 'x' });
  handle.result().catch(() => {});
  await settle();
  return handle;
}

test(
  'after a crash amid an undo it is called again, and those before it follow',
  inWorld(async world => {
    const { boot, settle, crash } = world;
    const first = await boot();
    const seen: string[] = [];
    const dying = { remove: () => void seen.push('remove'), close: hangs };
    const handle = await first.operation('work', registering(fails), { undo: dying }).start(1, {
      id: 'x',
    });
    handle.result().catch(() => {});
    await settle();
    assert.equal(handle.actor.getSnapshot().value, { in_progress: 'undoing' });
    crash();
    const recovery = await boot();
    const { undo, calls } = undos();
    recovery.operation('work', registering(fails), { undo });
    await recovery.resume();
    await settle();
    assert.equal(calls, [
      ['close', undefined, 2],
      ['remove', { folder: 'a' }, 1],
    ]);
    assert.equal(seen, []);
    assert.is((await world.disk.row('x')).state, 'failed');
    const events = (await world.disk.history('x')).map(({ event }) => event);
    assert.ok(events.includes('undo.interrupted'));
    assert.is(recovery.metrics.interruptions, 1);
  }),
);

test(
  'an undo whose process dies again and again is given up',
  inWorld(async world => {
    const { boot, settle, crash } = world;
    for (let life = 0; life < 3; life++) {
      const recovery = await boot();
      const undo = { remove() {}, close: hangs };
      const options = { undo, maxInterruptions: 1 };
      const work = recovery.operation('work', registering(fails), options);
      await recovery.resume();
      if (life === 0) (await work.start(1, { id: 'x' })).result().catch(() => {});
      await settle();
      if (life < 2) crash();
    }
    const { state, error, snapshot } = await world.disk.row('x');
    assert.is(state, 'failed', error ?? '');
    const { undos: told } = (snapshot as { context: { undos: { failed: object[] } } }).context;
    assert.equal(told.failed, [
      { name: 'close', error: 'InterruptedError', message: 'its process died 2 times' },
    ]);
  }),
);

test(
  'close waits for an undo, then lets it go on in the next life',
  inWorld(async world => {
    const { boot, settle, close } = world;
    const first = await boot({ drainTimeout: 10 });
    const aborted: unknown[] = [];
    const undo = {
      remove() {},
      close: (_: unknown, { signal }: UndoContext) =>
        new Promise<void>((_, reject) =>
          signal.addEventListener('abort', () => {
            aborted.push(signal.reason);
            reject(signal.reason);
          }),
        ),
    };
    const handle = await first.operation('work', registering(fails), { undo }).start(1, {
      id: 'x',
    });
    handle.result().catch(() => {});
    await settle();
    await close(first);
    assert.is(aborted.length, 1);
    assert.is((await world.disk.row('x')).state, 'recovering');
    const recovery = await boot();
    const again = undos();
    recovery.operation('work', registering(fails), { undo: again.undo });
    await recovery.resume();
    await settle();
    assert.equal(
      again.calls.map(([name, , attempt]) => [name, attempt]),
      [
        ['close', 1],
        ['remove', 1],
      ],
    );
  }),
);

test(
  'one that is only in the store and is cancelled takes back when somebody goes on with it',
  inWorld(async world => {
    const { boot, settle, crash } = world;
    await beginHanging(world);
    crash();
    const recovery = await boot();
    assert.is(await recovery.cancel('x', 'no need'), true);
    assert.is((await world.disk.row('x')).state, 'recovering');
    assert.is((await recovery.view('x'))?.path, 'recovering.undoing');
    assert.is(await recovery.cancel('x'), false);
    assert.is(await recovery.pause('x'), false);
    const { undo, calls } = undos();
    recovery.operation('work', registering(fails), { undo });
    await recovery.resume();
    await settle();
    assert.is(calls.length, 2);
    const row = await world.disk.row('x');
    assert.is(row.state, 'failed');
    const [last] = (await world.disk.history('x')).slice(-1);
    assert.is(last?.reason?.kind, 'cancelled');
  }),
);

test(
  'an undo that the program does not have any more is given up',
  inWorld(async world => {
    const { boot, crash } = world;
    const handle = await beginHanging(world);
    await handle.cancel();
    crash();
    const recovery = await boot();
    recovery.operation('work', registering(fails), { undo: { remove() {} } });
    await recovery.resume();
    await world.clock.advance(2_000);
    const [last] = (await world.disk.history('x')).slice(-1);
    assert.match(last?.reason?.message ?? '', /no undo "close" any more/);
    assert.is(last?.reason?.undo?.done, 1);
  }),
);

test.run();
