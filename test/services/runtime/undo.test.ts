import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  CircuitOpenError,
  ConfigError,
  OperationExhaustedError,
  OperationFailedError,
  ValidationError,
} from '../../../services/errors.ts';
import type { OperationContext, OperationOptions } from '../../../services/ports.ts';
import { rejects } from '../../support/rejects.ts';
import { permanent, transient } from './support/functions.ts';
import { kinds } from './support/histories.ts';
import { fails, registering, soon, undos } from './support/undos.ts';
import { inWorld } from './support/world.ts';

const test = suite('undo');

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

test.run();
