import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  AttemptTimeoutError,
  CircuitOpenError,
  ConfigError,
  OperationCancelledError,
  OperationExhaustedError,
  OperationFailedError,
  type RecoveryError,
} from '../../../services/errors.ts';
import type { OperationContext, OperationOptions } from '../../../services/ports.ts';
import { rejects } from '../../support/rejects.ts';
import { deaf, failing, hanging, permanent } from './support/functions.ts';
import { inWorld, type World } from './support/world.ts';

const test = suite('fallbacks');

/** A fallback that gives its text back and notes what it was called with. */
function standIn(text = 'cached') {
  const calls: { readonly error: RecoveryError; readonly op: OperationContext }[] = [];
  const fallback = (error: RecoveryError, op: OperationContext): unknown => {
    calls.push({ error, op });
    return text;
  };
  return { fallback, calls };
}

const kinds = async ({ disk }: World, id: string) =>
  (await disk.history(id)).map(({ from, to, event, reason }) => [
    from,
    to,
    event,
    reason?.kind ?? null,
  ]);

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
  'its steps are kept, with those of the attempts',
  inWorld(async ({ boot, crash, settle, disk }) => {
    let runs = 0;
    let life = 0;
    const options: OperationOptions = {
      fallback: async (_, op) => {
        const attempt = await op.step('a', () => 'never run');
        const own = await op.step('b', () => ++runs);
        if (life === 1) return new Promise(() => {});
        return [attempt, own];
      },
    };
    const fn = async (_: unknown, op: OperationContext) => {
      await op.step('a', () => 'of the attempt');
      throw permanent();
    };
    life = 1;
    await (await boot()).operation('work', fn, options).start(1, { id: 'x' });
    await settle();
    crash();
    life = 2;
    const recovery = await boot();
    recovery.operation('work', fn, options);
    await recovery.resume();
    await settle();
    assert.equal(await (await recovery.get('x'))?.result(), ['of the attempt', 1]);
    assert.equal(
      (await disk.steps('x')).map(({ name }) => name),
      ['a', 'b'],
    );
  }),
);

test(
  'after a crash during it, it is called again and the function is not',
  inWorld(async world => {
    const { boot, crash, settle } = world;
    const { fn, calls } = failing(9, permanent);
    const hung: OperationOptions = { fallback: () => new Promise(() => {}) };
    await (await boot()).operation('work', fn, hung).start(1, { id: 'x' });
    await settle();
    crash();
    const { fallback, calls: stoodIn } = standIn();
    const recovery = await boot();
    recovery.operation('work', fn, { fallback });
    await recovery.resume();
    await settle();
    assert.is(await (await recovery.get('x'))?.result(), 'cached');
    assert.equal([calls.length, stoodIn.length], [1, 1]);
    assert.instance(stoodIn[0]?.error, OperationFailedError);
    assert.match(String(stoodIn[0]?.error.cause), 'not allowed');
    assert.equal((await kinds(world, 'x')).slice(2), [
      ['in_progress', 'in_progress', 'attempt.failed', 'not_retryable'],
      ['in_progress', 'recovering', 'fallback.interrupted', 'interrupted'],
      ['recovering', 'in_progress', 'due', null],
      ['in_progress', 'success', 'fallback.succeeded', 'fallback'],
    ]);
    assert.is(recovery.metrics.interruptions, 1);
  }),
);

test(
  'a process that dies in it again and again ends the operation as it would have ended',
  inWorld(async ({ boot, crash, settle, disk }) => {
    const { fn } = failing(9, permanent);
    let fallbacks = 0;
    const options: OperationOptions = {
      maxInterruptions: 2,
      fallback: () => {
        fallbacks++;
        return new Promise(() => {});
      },
    };
    await (await boot()).operation('work', fn, options).start(1, { id: 'x' });
    for (let life = 0; life < 3; life++) {
      await settle();
      crash();
      const recovery = await boot();
      recovery.operation('work', fn, options);
      await recovery.resume();
    }
    await settle();
    const row = await disk.row('x');
    assert.equal([row.state, fallbacks], ['failed', 3]);
    const handle = await (await boot()).get('x');
    const error = await rejects(handle?.result() as Promise<unknown>, OperationFailedError);
    assert.is((error.details.fallback as Error).name, 'InterruptedError');
  }),
);

test(
  'a close during it is no interruption; it is called again after the next resume',
  inWorld(async world => {
    const { boot, close, settle, disk } = world;
    const { fn, calls } = failing(9, permanent);
    const first = await boot();
    const fallback = (_: RecoveryError, op: OperationContext) =>
      new Promise((_, reject) =>
        op.signal.addEventListener('abort', () => reject(op.signal.reason)),
      );
    await first.operation('work', fn, { fallback }).start(1, { id: 'x' });
    await settle();
    await close(first);
    assert.is((await disk.row('x')).state, 'recovering');
    const second = await boot();
    const { fallback: ready, calls: stoodIn } = standIn();
    second.operation('work', fn, { fallback: ready });
    await second.resume();
    await settle();
    assert.is(await (await second.get('x'))?.result(), 'cached');
    assert.equal([calls.length, stoodIn.length, second.metrics.interruptions], [1, 1, 0]);
  }),
);

test(
  'a definition that has lost its fallback ends the operation as it would have ended',
  inWorld(async ({ boot, crash, settle }) => {
    const { fn } = failing(9, permanent);
    const hung: OperationOptions = { fallback: () => new Promise(() => {}) };
    await (await boot()).operation('work', fn, hung).start(1, { id: 'x' });
    await settle();
    crash();
    const recovery = await boot();
    recovery.operation('work', fn);
    await recovery.resume();
    await settle();
    const handle = await recovery.get('x');
    const error = await rejects(handle?.result() as Promise<unknown>, OperationFailedError);
    assert.is((error.details.fallback as { code: string }).code, new ConfigError('').code);
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
