import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { OperationExhaustedError } from '../../../services/errors.ts';
import type { OperationContext, OperationOptions } from '../../../services/ports.ts';
import { drawsOf } from '../../../services/runtime/draws.ts';
import {
  ExponentialBackoffStrategy,
  FixedDelayStrategy,
  LinearBackoffStrategy,
} from '../../../services/strategies/index.ts';
import { rejects } from '../../support/rejects.ts';
import { failing, hanging, transient } from './support/functions.ts';
import { always } from './support/judging.ts';
import { inWorld, STARTED_AT, type World } from './support/world.ts';

const test = suite('policies of categories, and what delays follow from');

const timeout = () => Object.assign(new Error('too slow'), { code: 'ETIMEDOUT' });
const linear = (initialDelay: number) =>
  new LinearBackoffStrategy({ initialDelay, increment: initialDelay });

/** A function that fails as the list says, then succeeds; notes when it was called. */
function scripted({ clock }: World, errors: readonly (() => unknown)[]) {
  const calledAt: number[] = [];
  const fn = async () => {
    calledAt.push(clock.now() - STARTED_AT);
    const error = errors[calledAt.length - 1];
    if (error !== undefined) throw error();
    return 'done';
  };
  return { fn, calledAt };
}

test(
  'each category has its own delays, and its own count where it has its own limit',
  inWorld(async world => {
    const { boot, clock } = world;
    const errors = [transient, timeout, transient, timeout];
    const { fn, calledAt } = scripted(world, errors);
    const options = {
      strategy: linear(100),
      maxRetries: 2,
      policies: { timeout: { strategy: linear(7_000), maxRetries: 2 } },
    };
    const result = (await boot()).operation('work', fn, options).run();
    await clock.advance(60_000);
    assert.is(await result, 'done');
    // network 1, time-out 1, network 2, time-out 2
    assert.equal(calledAt, [0, 100, 7_100, 7_300, 21_300]);
  }),
);

test(
  'the limit of a category ends the operation, whatever is left of the others',
  inWorld(async world => {
    const { boot, clock } = world;
    const { fn, calledAt } = scripted(world, [timeout, timeout, timeout]);
    const options = { maxRetries: 9, policies: { timeout: { maxRetries: 1 } } };
    const told = rejects(
      (await boot()).operation('work', fn, options).run(),
      OperationExhaustedError,
    );
    await clock.advance(60_000);
    const error = await told;
    assert.equal([error.details.limit, error.details.category], ['maxRetries', 'timeout']);
    assert.is(calledAt.length, 2);
  }),
);

test(
  'counts and delays go on over a restart in the middle of a backoff',
  inWorld(async world => {
    const { boot, clock, crash, settle } = world;
    const errors = [timeout, transient, timeout, transient, timeout];
    const { fn, calledAt } = scripted(world, errors);
    const options = {
      strategy: linear(100),
      maxRetries: 3,
      breaker: false,
      policies: { timeout: { strategy: linear(1_000), maxRetries: 2 } },
    } as const;
    await (await boot()).operation('work', fn, options).start(undefined, { id: 'x' });
    for (const _ of errors) {
      await settle();
      crash();
      const recovery = await boot();
      recovery.operation('work', fn, options);
      await recovery.resume();
      await clock.advance(5_000);
    }
    const history = await (await boot()).history('x');
    assert.equal(
      history.filter(({ reason }) => reason?.kind === 'retry').map(({ reason }) => reason?.delay),
      [1_000, 100, 2_000, 200],
    );
    assert.is(history.at(-1)?.reason?.limit, 'maxRetries');
    assert.is(calledAt.length, 5);
  }),
);

test(
  'the limits of categories are those that the operation began with',
  inWorld(async world => {
    const { boot, clock, crash, settle } = world;
    const { fn, calledAt } = scripted(world, [timeout, timeout]);
    const options = (maxRetries: number) => ({ policies: { timeout: { maxRetries } } });
    await (await boot()).operation('work', fn, options(2)).start(undefined, { id: 'x' });
    await settle();
    crash();
    const recovery = await boot();
    recovery.operation('work', fn, options(0));
    await recovery.resume();
    await clock.advance(60_000);
    assert.is(await (await recovery.get('x'))?.result(), 'done');
    assert.is(calledAt.length, 3);
  }),
);

test(
  'every draw in the history follows from the seed that its first transition tells, over restarts too',
  inWorld(async ({ boot, clock, crash, settle }) => {
    const { fn, calls } = failing(5);
    const strategy = new ExponentialBackoffStrategy({ jitter: 'decorrelated' });
    const options: OperationOptions = { strategy, maxRetries: 5, breaker: false };
    await (await boot()).operation('work', fn, options).start('in', { id: 'x' });
    for (let life = 0; life < 5; life++) {
      await settle();
      crash();
      const recovery = await boot({ random: () => 0.999 });
      recovery.operation('work', fn, options);
      await recovery.resume();
      await clock.advance(120_000);
    }
    const recovery = await boot();
    const [created, ...others] = await recovery.history('x');
    const seed = created?.reason?.seed;
    assert.type(seed, 'number');
    const retries = others.filter(({ reason }) => reason?.kind === 'retry');
    assert.is(retries.length, 5);
    let previousDraw: number | undefined;
    for (const [index, { reason }] of retries.entries()) {
      const random = drawsOf(seed as number, index + 1);
      assert.is(reason?.draw, random());
      const delay = strategy.calculateDelay(index + 1, {
        random: () => reason?.draw as number,
        ...(previousDraw === undefined ? {} : { previousDraw }),
      });
      assert.is(reason?.delay, Math.round(delay));
      previousDraw = reason?.draw;
    }
    assert.is(calls.length, 6);
  }),
);

test(
  'a retry by an operator draws a new seed and tells it',
  inWorld(async ({ boot, clock }) => {
    const recovery = await boot();
    const { fn } = failing(1);
    const handle = await recovery.operation('work', fn, { maxRetries: 0 }).start('in', { id: 'x' });
    await rejects(handle.result(), OperationExhaustedError);
    await (await recovery.retry('x')).result();
    await clock.advance(1);
    const seeds = (await recovery.history('x')).flatMap(({ event, reason }) =>
      reason?.seed === undefined ? [] : [[event, reason.seed]],
    );
    assert.equal(
      seeds.map(([event]) => event),
      ['create', 'retry'],
    );
    assert.is.not(seeds[0]?.[1], seeds[1]?.[1]);
  }),
);

/** A function that reports progress for so long, then fails. */
const working = ({ clock }: World, healthy: readonly number[], step = false) => {
  const calledAt: number[] = [];
  const fn = async (_: unknown, op: OperationContext) => {
    calledAt.push(clock.now() - STARTED_AT);
    const time = healthy[calledAt.length - 1];
    if (time === undefined) return 'done';
    await new Promise<void>(resolve => clock.setTimeout(resolve, time));
    if (step) await op.step(`part ${calledAt.length}`, () => 1);
    else op.progress('gets on');
    throw transient();
  };
  return { fn, calledAt };
};

for (const step of [false, true]) {
  test(
    `resetAfter: after healthy ${step ? 'steps' : 'progress'} for that long the backoff begins anew`,
    inWorld(async world => {
      const { boot, clock } = world;
      const { fn, calledAt } = working(world, [0, 0, 5_000, 0, 4_999, 0], step);
      const options = {
        strategy: linear(100),
        resetAfter: 5_000,
        maxRetries: 6,
        breaker: false,
      } as const;
      const result = (await boot()).operation('work', fn, options).run(1);
      await clock.advance(60_000);
      assert.is(await result, 'done');
      assert.equal(calledAt, [
        0, // fails at once: retry 1
        100, // retry 2
        300, // works for 5,000 ms: retry 1 anew
        5_400, // retry 2
        5_600, // works for 4,999 ms, too short: retry 3
        10_899, // retry 4
        11_299,
      ]);
    }),
  );
}

test(
  'resetAfter: limits count on, and a call that showed nothing is not healthy',
  inWorld(async world => {
    const { boot, clock } = world;
    const { fn, calledAt } = working(world, [9_000, 9_000, 9_000]);
    const options = {
      strategy: linear(100),
      resetAfter: 5_000,
      maxRetries: 2,
      breaker: false,
    } as const;
    const recovery = await boot();
    const told = rejects(recovery.operation('work', fn, options).run(1), OperationExhaustedError);
    await clock.advance(60_000);
    assert.is((await told).details.limit, 'maxRetries');
    assert.is(calledAt.length, 3);

    const { fn: silent, calls } = hanging();
    const quiet = await recovery
      .operation('silent', silent, { ...options, timeout: 9_000 })
      .start(1, { id: 'quiet' });
    quiet.result().catch(() => {});
    await clock.advance(60_000);
    assert.is(calls.length, 3);
    const delays = (await recovery.history('quiet')).flatMap(({ reason }) =>
      reason?.kind === 'retry' ? [reason.delay] : [],
    );
    assert.equal(delays, [100, 200]);
  }),
);

test(
  'a Retry-After longer than the longest delay is waited for, over a restart too',
  inWorld(async ({ boot, clock, crash, settle }) => {
    const { fn, calls } = failing(1);
    const options = {
      strategy: new ExponentialBackoffStrategy({ maxDelay: 60_000 }),
      classifier: always({ retryAfter: 3_600_000 }),
    };
    await (await boot()).operation('work', fn, options).start('in', { id: 'x' });
    await settle();
    await clock.advance(1_800_000);
    crash();
    const recovery = await boot();
    recovery.operation('work', fn, options);
    await recovery.resume();
    await clock.advance(1_799_999);
    assert.is(calls.length, 1);
    await clock.advance(1);
    assert.is(calls.length, 2);
    const [retry] = (await recovery.history('x')).filter(({ reason }) => reason?.kind === 'retry');
    assert.equal([retry?.reason?.delay, retry?.reason?.retryAfter], [3_600_000, 3_600_000]);
  }),
);

test(
  'with longRetryAfter end, it ends the operation as exhausted at once',
  inWorld(async ({ boot, settle }) => {
    const { fn, calls } = failing(1);
    const options = {
      strategy: new FixedDelayStrategy({ delay: 60_000 }),
      classifier: always({ retryAfter: 60_001 }),
      longRetryAfter: 'end',
    } as const;
    const told = rejects(
      (await boot()).operation('work', fn, options).run(1),
      OperationExhaustedError,
    );
    await settle();
    const error = await told;
    assert.equal([error.details.limit, error.details.retryAfter], ['retryAfter', 60_001]);
    assert.match(error.message, 'the server asks for 60001 ms');
    assert.is(calls.length, 1);
  }),
);

test(
  'a function that ends while a step of it runs: the step is refused with a fitting error',
  inWorld(async ({ boot, settle }) => {
    const late: unknown[] = [];
    let letGo: () => void = () => {};
    const fn = async (_: unknown, op: OperationContext) => {
      const held = new Promise<void>(resolve => {
        letGo = resolve;
      });
      void op.step('slow', () => held).catch(error => late.push(error));
      setImmediate(() => op.step('later', () => 1).catch(error => late.push(error)));
      return 'done';
    };
    const handle = await (await boot()).operation('work', fn).start(1, { id: 'x' });
    assert.is(await handle.result(), 'done');
    letGo();
    await settle();
    await new Promise(resolve => setImmediate(resolve));
    await settle();
    assert.equal(
      late.map(error => (error as { code: string }).code),
      ['ATTEMPT_OVER', 'ATTEMPT_OVER'],
    );
    assert.equal((late[0] as { details: unknown }).details, { operationId: 'x', attempt: 1 });
  }),
);

test.run();
