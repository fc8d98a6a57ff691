import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  CircuitOpenError,
  ConfigError,
  OperationCancelledError,
  OperationExhaustedError,
  OperationFailedError,
  ValidationError,
} from '../../../services/errors.ts';
import type { OperationContext, OperationOptions, UndoContext } from '../../../services/ports.ts';
import { rejects } from '../../support/rejects.ts';
import { permanent, transient } from './support/functions.ts';
import { inWorld, type World } from './support/world.ts';

const test = suite('undo');

/** Undos that note what they were called with, in their order; each throws what it is told to first. */
function undos(...thrown: readonly unknown[]) {
  const calls: [name: string, input: unknown, attempt: number][] = [];
  const contexts: UndoContext[] = [];
  const left = [...thrown];
  const note = (name: string) => (input: unknown, op: UndoContext) => {
    calls.push([name, input, op.attempt]);
    contexts.push(op);
    if (left.length > 0) {
      const next = left.shift();
      if (next !== undefined) throw next;
    }
  };
  return { undo: { remove: note('remove'), close: note('close') }, calls, contexts };
}

const registering =
  (end: (op: OperationContext) => unknown) =>
  async (_: unknown, op: OperationContext): Promise<unknown> => {
    await op.onUndo('remove', { folder: 'a' });
    await op.onUndo('close');
    return end(op);
  };

const fails = () => {
  throw permanent();
};
const hangs = () => new Promise<never>(() => {});

/** What a promise comes to when everything has happened that needs no time. */
async function soon<T>({ settle }: Pick<World, 'settle'>, promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  await settle();
  return promise;
}

const kinds = async ({ disk }: World, id: string) =>
  (await disk.history(id)).map(({ from, to, event, reason }) => [
    from,
    to,
    event,
    reason?.kind ?? null,
  ]);

test(
  'what was registered is taken back when it fails, the last one first, and the history tells of it',
  inWorld(async world => {
    const { undo, calls, contexts } = undos();
    const recovery = await world.boot();
    const work = recovery.operation('work', registering(fails), { undo });
    const error = await rejects(soon(world, work.run(1, { id: 'x' })), OperationFailedError);
    assert.equal(calls, [
      ['close', undefined, 1],
      ['remove', { folder: 'a' }, 1],
    ]);
    assert.equal([contexts[0]?.id, contexts[0]?.name, contexts[0]?.undo], ['x', 'work', 'close']);
    assert.equal(error.details.undo, { left: 0, done: 2, failed: [] });
    assert.match(error.message, /its 2 undos have succeeded/);
    assert.equal(await kinds(world, 'x'), [
      [null, 'pending', 'create', 'created'],
      ['pending', 'in_progress', 'start', null],
      ['in_progress', 'recovering', 'attempt.failed', 'undo'],
      ['recovering', 'in_progress', 'due', 'undo'],
      ['in_progress', 'recovering', 'undo.succeeded', 'undo'],
      ['recovering', 'in_progress', 'due', 'undo'],
      ['in_progress', 'failed', 'undo.succeeded', 'not_retryable'],
    ]);
    assert.is(recovery.metrics.undos, 2);
  }),
);

test(
  'nothing is taken back where it succeeds, also by its fallback',
  inWorld(async ({ boot, disk }) => {
    const { undo, calls } = undos();
    const recovery = await boot();
    const well = recovery.operation(
      'well',
      registering(() => 'done'),
      { undo },
    );
    assert.is(await well.run(1, { id: 'a' }), 'done');
    const saved = recovery.operation('saved', registering(fails), { undo, fallback: () => 'it' });
    assert.is(await saved.run(1, { id: 'b' }), 'it');
    assert.equal(calls, []);
    const { snapshot } = await disk.row('a');
    assert.is((snapshot as { context: { undos: unknown } }).context.undos, null);
  }),
);

test(
  'a fallback that fails too is followed by the undos, with those that it has registered itself',
  inWorld(async world => {
    const { boot } = world;
    const { undo, calls } = undos();
    const recovery = await boot();
    const fallback = async (_: unknown, op: OperationContext) => {
      await op.onUndo('remove', 'fallback’s');
      throw permanent();
    };
    const work = recovery.operation('work', registering(fails), { undo, fallback });
    const error = await rejects(soon(world, work.run(1)), OperationFailedError);
    assert.equal(
      calls.map(([, input]) => input),
      ['fallback’s', undefined, { folder: 'a' }],
    );
    assert.ok(error.details.fallback);
  }),
);

test(
  'the same name and input twice is one, also by a later attempt',
  inWorld(async ({ boot, clock, settle }) => {
    const { undo, calls } = undos();
    const recovery = await boot();
    const again = registering(op => {
      if (op.attempt === 1) throw transient();
      return op.onUndo('remove', { folder: 'b' }).then(fails);
    });
    const failed = rejects(
      recovery.operation('work', again, { undo }).run(1),
      OperationFailedError,
    );
    await settle();
    await clock.advance(1_000);
    await failed;
    assert.equal(calls, [
      ['remove', { folder: 'b' }, 1],
      ['close', undefined, 1],
      ['remove', { folder: 'a' }, 1],
    ]);
  }),
);

test(
  'exhaustion takes back as well, and stays exhaustion',
  inWorld(async world => {
    const { boot } = world;
    const { undo, calls } = undos();
    const recovery = await boot();
    const fn = registering(() => {
      throw transient();
    });
    const work = recovery.operation('work', fn, { undo, maxRetries: 0 });
    await rejects(soon(world, work.run(1)), OperationExhaustedError);
    assert.is(calls.length, 2);
    assert.is(recovery.metrics.exhausted, 1);
  }),
);

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
  'a breaker that refuses for good is followed by the undos',
  inWorld(async ({ boot, clock, settle }) => {
    const { undo, calls } = undos();
    const recovery = await boot();
    const fn = registering(() => {
      throw transient();
    });
    const breakerOptions = { threshold: 1, openTimeout: 60_000 };
    const handle = await recovery.operation('work', fn, { undo, breakerOptions }).start(1);
    const refused = rejects(handle.result(), CircuitOpenError);
    await settle();
    await clock.advance(1_000);
    const { details } = await refused;
    assert.is(calls.length, 2);
    assert.equal(details.undo, { left: 0, done: 2, failed: [] });
  }),
);

test(
  'its time in all being over is followed by the undos, which have the time of an attempt',
  inWorld(async ({ boot, clock, settle }) => {
    const recovery = await boot();
    const calls: number[] = [];
    const undo = {
      remove: (_: unknown, op: UndoContext) => {
        calls.push(op.attempt);
        return op.attempt === 1 ? hangs() : undefined;
      },
      close() {},
    };
    const options = { undo, totalTimeout: 5_000, timeout: 2_000, maxRetries: 9 };
    const fn = registering(() => {
      throw transient();
    });
    const handle = await recovery.operation('work', fn, options).start(1);
    const exhausted = rejects(handle.result(), OperationExhaustedError);
    await settle();
    await clock.advance(4_999);
    await settle();
    assert.equal(calls, [1]);
    await clock.advance(10_000);
    assert.is((await exhausted).details.limit, 'totalTimeout');
    assert.equal(calls, [1, 2]);
  }),
);

test(
  'an undo is retried as the strategy says, and given up after its retries; the one before is called all the same',
  inWorld(async world => {
    const { boot, clock, settle } = world;
    const { undo, calls } = undos(transient(), transient(), transient());
    const recovery = await boot();
    const work = recovery.operation('work', registering(fails), { undo, undoRetries: 2 });
    const handle = await work.start(1, { id: 'x' });
    const failed = rejects(handle.result(), OperationFailedError);
    await settle();
    assert.equal(handle.actor.getSnapshot().value, { recovering: 'undoing' });
    await clock.advance(999);
    assert.is(calls.length, 1);
    await clock.advance(1);
    await clock.advance(1_000);
    const error = await failed;
    assert.equal(
      calls.map(([name, , attempt]) => [name, attempt]),
      [
        ['close', 1],
        ['close', 2],
        ['close', 3],
        ['remove', 1],
      ],
    );
    assert.equal(error.details.undo, {
      left: 0,
      done: 1,
      failed: [{ name: 'close', error: 'Error', message: transient().message }],
    });
    assert.match(error.message, /1 of its 2 undos did not succeed: undo "close"/);
    const words = (await world.disk.history('x')).map(({ reason }) => reason?.message ?? '');
    assert.ok(words.some(text => /undo "close": .*; retry 1 of 2 in 1000 ms/.test(text)));
    assert.ok(words.some(text => /undo "close" is given up: .*"remove" comes next/.test(text)));
    assert.equal([recovery.metrics.undos, recovery.metrics.failedUndos], [1, 1]);
    assert.is(recovery.metrics.retries, 0);
  }),
);

test(
  'what the classifier does not retry ends an undo at once',
  inWorld(async world => {
    const { boot } = world;
    const { undo, calls } = undos(permanent());
    const recovery = await boot();
    const error = await rejects(
      soon(world, recovery.operation('work', registering(fails), { undo }).run(1)),
      OperationFailedError,
    );
    assert.is(calls.length, 2);
    assert.is((error.details.undo as { failed: unknown[] }).failed.length, 1);
  }),
);

test(
  'a name that the definition does not have, and an input that would not survive, are refused at once',
  inWorld(async ({ boot }) => {
    const { undo } = undos();
    const recovery = await boot();
    const refused: unknown[] = [];
    const tries: ((op: OperationContext) => Promise<void>)[] = [
      op => op.onUndo('toString'),
      op => op.onUndo('remove', () => 1),
      op => op.onUndo('remove', { token: 'T0pS3cret' }),
    ];
    const fn = async (_: unknown, op: OperationContext) => {
      for (const one of tries) await one(op).catch(error => refused.push(error));
    };
    const work = recovery.operation('work', fn, { undo, secrets: ['token'] });
    await work.run({ token: 'T0pS3cret' });
    const [unknown, odd, secret] = refused as Error[];
    assert.instance(unknown, ConfigError);
    assert.match(unknown?.message ?? '', /no undo "toString": it has remove, close/);
    assert.is((odd as { code?: string }).code, 'NOT_SERIALIZABLE');
    assert.instance(secret, ValidationError);
  }),
);

test(
  'options that are none are refused',
  inWorld(async ({ boot }) => {
    const recovery = await boot();
    const define = (options: object) => () =>
      recovery.operation('work', () => 1, options as OperationOptions);
    assert.throws(define({ undo: { remove: 1 } }), /undo must be an object of functions/);
    assert.throws(define({ undo: [] }), /undo must be/);
    assert.throws(define({ undoRetries: -1 }), /undoRetries must be/);
  }),
);

test(
  'while it takes back it has no slot, and others run; its lock it keeps until it has ended',
  inWorld(async ({ boot, settle }) => {
    const recovery = await boot();
    let open: (() => void) | undefined;
    const undo = {
      remove() {},
      close: () =>
        new Promise<void>(resolve => {
          open = resolve;
        }),
    };
    const one = recovery.operation('one', registering(fails), {
      undo,
      concurrency: 1,
      lock: () => 'disk',
    });
    const handle = await one.start(1, { id: 'one' });
    handle.result().catch(() => {});
    await settle();
    assert.is(recovery.health().slots.running, 0);
    const other = recovery.operation('other', async (_: number) => 'ran', { lock: () => 'disk' });
    const waiting = await other.start(2);
    await settle();
    assert.equal(waiting.actor.getSnapshot().value, { pending: 'locked' });
    open?.();
    await settle();
    assert.is(await waiting.result(), 'ran');
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
  'one that is only in the store and is cancelled takes back when somebody goes on with it',
  inWorld(async world => {
    const { boot, settle, crash } = world;
    const first = await boot();
    const handle = await first
      .operation('work', registering(hangs), { undo: undos().undo })
      .start(1, { id: 'x' });
    handle.result().catch(() => {});
    await settle();
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
    const { boot, settle, crash } = world;
    const first = await boot();
    const handle = await first
      .operation('work', registering(hangs), { undo: undos().undo })
      .start(1, { id: 'x' });
    handle.result().catch(() => {});
    await settle();
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

test(
  'an operator’s retry after undos runs every step and child again, and registers anew',
  inWorld(async world => {
    const { boot, settle } = world;
    const recovery = await boot();
    const { undo, calls } = undos();
    const ran: string[] = [];
    const part = recovery.operation('part', async (n: number) => {
      ran.push(`child ${n}`);
      return n;
    });
    let isBroken = true;
    const fn = async (_: unknown, op: OperationContext) => {
      await op.onUndo('remove', 1);
      await op.step('made', () => void ran.push('step'));
      await op.child(part, 1, { key: 'part' });
      if (isBroken) throw permanent();
      return 'done';
    };
    const work = recovery.operation('work', fn, { undo });
    await rejects(soon(world, work.run(1, { id: 'x' })), OperationFailedError);
    assert.is(calls.length, 1);
    isBroken = false;
    const handle = await recovery.retry('x');
    await settle();
    assert.is(await handle.result(), 'done');
    assert.equal(ran, ['step', 'child 1', 'step', 'child 1']);
    assert.is(calls.length, 1);
    assert.is((await recovery.view('x/part~2'))?.state, 'success');
    assert.is((await recovery.steps('x')).length, 1);
  }),
);

test(
  'without undos an operator’s retry keeps what steps have given',
  inWorld(async world => {
    const { boot, settle } = world;
    const recovery = await boot();
    let steps = 0;
    let isBroken = true;
    const fn = async (_: unknown, op: OperationContext) => {
      await op.step('made', () => void steps++);
      if (isBroken) throw permanent();
    };
    const work = recovery.operation('work', fn, { undo: undos().undo });
    await rejects(soon(world, work.run(1, { id: 'x' })), OperationFailedError);
    isBroken = false;
    const handle = await recovery.retry('x');
    await settle();
    await handle.result();
    assert.is(steps, 1);
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

test.run();
