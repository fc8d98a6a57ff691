import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  AttemptTimeoutError,
  CircuitOpenError,
  OperationCancelledError,
  OperationExhaustedError,
  OperationFailedError,
  type RecoveryError,
} from '../../../services/errors.ts';
import type { OperationContext, OperationOptions } from '../../../services/ports.ts';
import { rejects } from '../../support/rejects.ts';
import { deaf, failing, hanging, permanent } from './support/functions.ts';
import { kinds } from './support/histories.ts';
import { standIn } from './support/stand-in.ts';
import { inWorld } from './support/world.ts';

const test = suite('fallbacks');

test(
  'it stands in for a failure, with the error that the operation would have ended with',
  inWorld(async world => {
    const { fallback, calls } = standIn();
    const thrown = permanent();
    const { fn } = failing(9, () => thrown);
    const recovery = await world.boot();
    const handle = await recovery.operation('work', fn, { fallback }).start('in', { id: 'x' });
    assert.is(await handle.result(), 'cached');
    assert.is(handle.state, 'success');
    assert.is(calls.length, 1);
    const { error, op } = calls[0] as (typeof calls)[0];
    assert.instance(error, OperationFailedError);
    assert.is(error.cause, thrown);
    assert.equal([op.id, op.name, op.attempt], ['x', 'work', 1]);
    assert.equal(await kinds(world, 'x'), [
      [null, 'pending', 'create', 'created'],
      ['pending', 'in_progress', 'start', null],
      ['in_progress', 'in_progress', 'attempt.failed', 'not_retryable'],
      ['in_progress', 'success', 'fallback.succeeded', 'fallback'],
    ]);
    const row = await world.disk.row('x');
    assert.equal([row.state, row.result, row.error], ['success', '"cached"', null]);
    assert.equal([recovery.metrics.succeeded, recovery.metrics.attempts], [1, 1]);
  }),
);

test(
  'it stands in for exhaustion, which is no recovery',
  inWorld(async ({ boot, clock }) => {
    const { fallback, calls } = standIn();
    const { fn } = failing(9);
    const recovery = await boot();
    const result = recovery.operation('work', fn, { fallback, maxRetries: 1 }).run('in');
    await clock.advance(1_000);
    assert.is(await result, 'cached');
    assert.instance(calls[0]?.error, OperationExhaustedError);
    assert.is(calls[0]?.error.details.limit, 'maxRetries');
    assert.equal([recovery.metrics.succeeded, recovery.metrics.recovered], [1, 0]);
  }),
);

test(
  'with whenOpen fail, the open breaker’s error goes to it',
  inWorld(async world => {
    const { boot, settle } = world;
    const recovery = await boot();
    const { fallback, calls } = standIn();
    const { fn } = failing(9);
    const breakerOptions = { threshold: 1, openTimeout: 60_000 };
    const work = recovery.operation('work', fn, { fallback, breakerOptions, maxRetries: 0 });
    assert.is(await work.run(1), 'cached');
    const second = await work.start(2, { id: 'second' });
    assert.is(await second.result(), 'cached');
    await settle();
    assert.instance(calls[1]?.error, CircuitOpenError);
    assert.type(calls[1]?.error.details.openUntil, 'number');
    assert.equal(await kinds(world, 'second'), [
      [null, 'pending', 'create', 'created'],
      ['pending', 'in_progress', 'start', null],
      ['in_progress', 'in_progress', 'permit.denied', 'circuit_open'],
      ['in_progress', 'success', 'fallback.succeeded', 'fallback'],
    ]);
  }),
);

test(
  'the permit goes back before it is called: a probe’s failure reopens the breaker while the fallback works',
  inWorld(async ({ boot, clock, settle }) => {
    const recovery = await boot();
    const { fn } = failing(9);
    const fallback = () => new Promise<never>(() => {});
    const breakerOptions = { threshold: 1, openTimeout: 1_000 };
    const work = recovery.operation('work', fn, { fallback, breakerOptions, maxRetries: 0 });
    await work.start(1);
    await settle();
    assert.is(recovery.breaker('work')?.state, 'open');
    await clock.advance(1_000);
    await work.start(2);
    await settle();
    assert.is(recovery.breaker('work')?.state, 'open');
  }),
);

test(
  'what leads to it is durable before it is called',
  inWorld(async ({ boot, disk, settle }) => {
    const { fallback, calls } = standIn();
    const fn = async () => {
      disk.hold();
      throw permanent();
    };
    await (await boot()).operation('work', fn, { fallback }).start(undefined, { id: 'x' });
    await settle();
    assert.is((await disk.row('x')).state, 'in_progress');
    assert.is(calls.length, 0);
    disk.release();
    await settle();
    assert.is(calls.length, 1);
  }),
);

for (const [title, fallback, code] of [
  [
    'throws',
    () => {
      throw new TypeError('nothing cached');
    },
    undefined,
  ],
  ['rejects', async () => JSON.parse('{'), undefined],
  ['gives what is not JSON', () => new Date(), 'NOT_SERIALIZABLE'],
] as const) {
  test(
    `a fallback that ${title} leaves the ending, with its own error in the details`,
    inWorld(async ({ boot, disk }) => {
      const { fn } = failing(9, permanent);
      const work = (await boot()).operation('work', fn, { fallback } as OperationOptions);
      const handle = await work.start(1, { id: 'x' });
      const error = await rejects(handle.result(), OperationFailedError);
      assert.is((error.cause as { code: string }).code, 'EACCES');
      const told = error.details.fallback as { message: string; code?: string };
      assert.ok(told.message);
      assert.is(told.code, code);
      assert.is((await disk.row('x')).state, 'failed');
    }),
  );
}

test(
  'a fallback that fails leaves CircuitOpenError and OperationExhaustedError what they are',
  inWorld(async ({ boot, settle }) => {
    const fallback = () => {
      throw new TypeError('nothing cached');
    };
    const breakerOptions = { threshold: 1, openTimeout: 60_000 };
    const { fn } = failing(9);
    const work = (await boot()).operation('work', fn, { fallback, breakerOptions, maxRetries: 0 });
    const first = await rejects(work.run(1), OperationExhaustedError);
    await settle();
    const second = await rejects(work.run(2), CircuitOpenError);
    for (const error of [first, second]) {
      assert.is((error.details.fallback as Error).message, 'nothing cached');
    }
  }),
);

test(
  'timeout is the fallback’s too; what is left of totalTimeout is not',
  inWorld(async ({ boot, clock }) => {
    const signals: AbortSignal[] = [];
    const fallback = (_: RecoveryError, op: OperationContext) => {
      signals.push(op.signal);
      return new Promise<never>(() => {});
    };
    const options = { fallback, timeout: 700, totalTimeout: 1_000, maxRetries: 9 };
    const work = (await boot()).operation('work', deaf().fn, options);
    const told = rejects(work.run(1), OperationExhaustedError);
    await clock.advance(700 + 1_000 + 699);
    assert.is(signals[0]?.aborted, false);
    await clock.advance(3_000);
    assert.instance(signals[0]?.reason, AttemptTimeoutError);
    assert.is(((await told).details.fallback as { code: string }).code, 'ATTEMPT_TIMEOUT');
  }),
);

test(
  'the operations that a fallback starts do not inherit the deadline that it stands in for',
  inWorld(async ({ boot, clock }) => {
    const recovery = await boot();
    const cache = recovery.operation('cache', () => 'cached');
    const deadlines: unknown[] = [];
    const work = recovery.operation('work', deaf().fn, {
      totalTimeout: 500,
      fallback: (_, op) => {
        deadlines.push(op.deadline);
        return cache.run(undefined);
      },
    });
    const handle = await work.start(1);
    await clock.advance(2_000);
    assert.equal(deadlines, [undefined]);
    assert.is(await handle.result(), 'cached');
  }),
);

test(
  'a cancel during it settles at once and aborts its signal',
  inWorld(async ({ boot, settle }) => {
    const signals: AbortSignal[] = [];
    const fallback = (_: RecoveryError, op: OperationContext) => {
      signals.push(op.signal);
      return new Promise<never>(() => {});
    };
    const { fn } = failing(9, permanent);
    const handle = await (await boot()).operation('work', fn, { fallback }).start(1);
    await settle();
    assert.is(await handle.pause(), false);
    assert.is(await handle.cancel('enough'), true);
    await rejects(handle.result(), OperationCancelledError);
    assert.instance(signals[0]?.reason, OperationCancelledError);
  }),
);

test(
  'an operation that is cancelled while it runs, waits or is pending does not fall back',
  inWorld(async ({ boot, settle, clock }) => {
    const { fallback, calls } = standIn();
    const recovery = await boot();
    const options = { fallback, concurrency: 1 };
    const hung = recovery.operation('hung', hanging().fn, options);
    const flaky = recovery.operation('flaky', failing(9).fn, { fallback });
    const handles = [await hung.start(1), await hung.start(2), await flaky.start(1)];
    await settle();
    assert.equal(
      handles.map(({ state }) => state),
      ['in_progress', 'pending', 'recovering'],
    );
    for (const handle of handles) {
      await handle.cancel();
      await rejects(handle.result(), OperationCancelledError);
    }
    await clock.advance(60_000);
    assert.is(calls.length, 0);
  }),
);

test(
  'a retry by an operator after a fallback that failed begins with the function',
  inWorld(async ({ boot }) => {
    const { fn, calls } = failing(1, permanent);
    const recovery = await boot();
    const fallback = () => {
      throw new TypeError('nothing cached');
    };
    const handle = await recovery.operation('work', fn, { fallback }).start('in', { id: 'x' });
    await rejects(handle.result(), OperationFailedError);
    assert.is(await (await recovery.retry('x')).result(), 'in');
    assert.is(calls.length, 2);
  }),
);

test.run();
