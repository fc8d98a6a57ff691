import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ConfigError } from '../../../services/errors.ts';
import type { Explanation, OperationOptions, Reason } from '../../../services/ports.ts';
import {
  CustomStrategy,
  ExponentialBackoffStrategy,
  FixedDelayStrategy,
  LinearBackoffStrategy,
} from '../../../services/strategies/index.ts';
import { many } from '../../support/extent.ts';
import { permanent, transient } from '../runtime/support/functions.ts';
import { inWorld, World } from '../runtime/support/world.ts';

const test = suite('explain');

const slow = () => Object.assign(new Error('slow'), { code: 'ETIMEDOUT' });
const busy = (seconds: number) =>
  Object.assign(new Error('busy'), { status: 503, headers: { 'retry-after': String(seconds) } });

/** Explains in a world where nothing may happen. */
async function explained(
  options: OperationOptions,
  error: unknown,
  attempt?: number,
): Promise<Explanation> {
  const world = new World();
  const never = () => {
    throw new Error('must not be called');
  };
  const recovery = await world.boot({ random: never });
  const work = recovery.operation('work', never, options);
  const explanation = work.explain(error, attempt);
  await world.settle();
  assert.is(world.disk.tries, 0, 'nothing is stored');
  assert.equal(recovery.health().breakers, [], 'no breaker is made');
  await recovery.close();
  return explanation;
}

/** What a run says about its attempts, which all fail with that error. */
async function happened(options: OperationOptions, error: () => unknown, seed = 1) {
  const world = new World();
  let draws = seed;
  const random = () => {
    draws = (draws * 16_807) % 2_147_483_647;
    return draws / 2_147_483_647;
  };
  const recovery = await world.boot({ random });
  const work = recovery.operation(
    'work',
    () => {
      throw error();
    },
    { breaker: false, ...options },
  );
  const handle = await work.start(undefined as never, { id: 'it' });
  const ended = handle.result().catch(() => {});
  while (!['failed', 'exhausted', 'success'].includes(handle.state)) {
    await world.clock.advance(10_000_000);
  }
  await ended;
  const history = await recovery.history('it');
  await world.close(recovery);
  return history
    .filter(({ event }) => event === 'attempt.failed')
    .map(({ attempt, to, reason }) => ({ attempt, to, reason: reason as Reason }));
}

const ENDS = { retry: 'recovering', fail: 'failed', exhaust: 'exhausted', succeed: 'success' };

const cases: Readonly<Record<string, readonly [OperationOptions, () => unknown]>> = {
  'a network error': [{ strategy: new ExponentialBackoffStrategy() }, transient],
  'an error that no retry mends': [{}, permanent],
  'no retries': [{ maxRetries: 0 }, transient],
  'a category with a limit of its own': [
    { policies: { timeout: { maxRetries: 5, strategy: new LinearBackoffStrategy() } } },
    slow,
  ],
  'a category beside one with a limit of its own': [
    { policies: { timeout: { maxRetries: 5 } }, strategy: new LinearBackoffStrategy() },
    transient,
  ],
  'a strategy of the category': [
    { policies: { network: { strategy: new LinearBackoffStrategy() } } },
    transient,
  ],
  'a server that says when': [{}, () => busy(30)],
  'a server that asks for too much': [
    { longRetryAfter: 'end', strategy: new ExponentialBackoffStrategy() },
    () => busy(100),
  ],
  'a strategy that grows by its last delay': [
    {
      maxRetries: 8,
      strategy: new CustomStrategy({
        delayFunc: (_, { previousDelay = 10 }) => Math.min(500, previousDelay * 2),
      }),
    },
    transient,
  ],
  'a strategy that throws': [
    {
      strategy: new CustomStrategy({
        delayFunc: attempt => {
          if (attempt === 3) throw new TypeError('no idea');
          return 5;
        },
      }),
    },
    transient,
  ],
  'a strategy that gives no number': [
    { strategy: new CustomStrategy({ delayFunc: () => Number.NaN }) },
    transient,
  ],
  'a classifier that throws': [
    {
      classifier: {
        classify: () => 'network',
        shouldRetry: () => true,
        explain: () => {
          throw new TypeError('no idea');
        },
      },
    },
    transient,
  ],
  'a budget': [{ budget: {} }, slow],
};

for (const [name, [options, error]] of Object.entries(cases)) {
  test(`${name}: each attempt of a run ends as explained`, async () => {
    const run = await happened(options, error);
    assert.ok(run.length > 0);
    for (const { attempt, to, reason } of run) {
      const explanation = await explained(options, error(), attempt);
      assert.is(ENDS[explanation.decision], to);
      for (const fact of ['category', 'rule', 'limit', 'delay', 'retryAfter', 'cost'] as const) {
        assert.is(explanation[fact], reason[fact], `${fact} at attempt ${attempt}`);
      }
      assert.ok(explanation.message.includes(reason.message), explanation.message);
      assert.is(explanation.delayRange, undefined);
    }
  });
}

const random = {
  full: new ExponentialBackoffStrategy({ jitter: 'full' }),
  equal: new LinearBackoffStrategy({ jitter: 'equal' }),
  decorrelated: new ExponentialBackoffStrategy({ jitter: 'decorrelated' }),
  fixed: new FixedDelayStrategy({ delay: 700, jitter: 'full' }),
  // "Exponential Backoff And Jitter", AWS Architecture Blog: the delay before is what it grows from.
  'by the delay before': new CustomStrategy({
    delayFunc: (_, { previousDelay = 100, random = () => 0 }) =>
      Math.min(5_000, 100 + random() * (3 * previousDelay - 100)),
  }),
};

for (const [name, strategy] of Object.entries(random)) {
  test(`${name}: every delay that is drawn lies in the range, which is no wider than it must be`, async () => {
    const options = { strategy, maxRetries: 5 };
    const seen: number[][] = [[], [], [], [], []];
    for (let seed = 1; seed <= many(60, 40); seed++) {
      for (const { attempt, reason } of await happened(options, transient, seed * 7_919)) {
        if (reason.delay !== undefined) seen[attempt - 1]?.push(reason.delay);
      }
    }
    for (const [index, delays] of seen.entries()) {
      const { delay = -1, delayRange } = await explained(options, transient(), index + 1);
      const [min, max] = delayRange as readonly [number, number];
      assert.ok(
        Math.min(...delays) >= min && Math.max(...delays) <= max,
        `${delays} in ${delayRange}`,
      );
      assert.ok(min <= delay && delay <= max, `${min} <= ${delay} <= ${max}`);
      if (index === 0) {
        assert.ok(Math.max(...delays) - Math.min(...delays) > 0.8 * (max - min), `${delayRange}`);
      }
    }
  });
}

test('a server that asks for more than can be drawn leaves no range below it', async () => {
  const strategy = new ExponentialBackoffStrategy({ jitter: 'full' });
  const { delay, delayRange, retryAfter } = await explained({ strategy }, busy(30));
  assert.equal(
    { delay, delayRange, retryAfter },
    { delay: 30_000, delayRange: [30_000, 30_000], retryAfter: 30_000 },
  );
});

test('says it in plain words', async () => {
  const strategy = new ExponentialBackoffStrategy({ jitter: 'equal' });
  const { message } = await explained({ strategy }, transient(), 2);
  assert.is(
    message,
    'attempt 2 fails with a network error (code:ECONNRESET): reset by peer; retry 2 of 3 in 1500 ms; drawn from 1000 to 2000 ms',
  );
});

test('a fallback is told of, and not called', async () => {
  const fallback = () => {
    throw new Error('must not be called');
  };
  const { decision, message, ...rest } = await explained({ fallback }, permanent());
  assert.is(decision, 'fail');
  assert.is(rest.fallback, true);
  assert.match(message, 'the fallback stands in');
  assert.is((await explained({ fallback }, transient(), 4)).decision, 'exhaust');
  assert.is((await explained({ fallback }, transient(), 3)).fallback, undefined);
});

test('a retry that would come after the time in all is none', async () => {
  const { decision, limit } = await explained({ totalTimeout: 1_000 }, transient());
  assert.equal([decision, limit], ['exhaust', 'totalTimeout']);
});

test('the functions that judge an error are asked once about it', async () => {
  const asked: string[] = [];
  await explained(
    {
      strategy: new ExponentialBackoffStrategy({ jitter: 'full' }),
      classifier: {
        classify: () => 'network',
        shouldRetry: () => true,
        explain: () => {
          asked.push('classifier');
          return { category: 'network', retryable: true, rule: 'mine' };
        },
      },
      breakerOptions: { recordFailure: () => asked.push('recordFailure') > 0 },
    },
    new Error('x'),
    3,
  );
  assert.equal(asked.sort(), ['classifier', 'recordFailure']);
});

test('an attempt of ten thousand is explained like any other', async () => {
  const strategy = new ExponentialBackoffStrategy({ jitter: 'decorrelated' });
  const { decision, delay } = await explained(
    { strategy, maxRetries: 20_000 },
    transient(),
    10_000,
  );
  assert.equal([decision, delay], ['retry', 60_000]);
});

test(
  'follows the configuration as it is',
  inWorld(async world => {
    const recovery = await world.boot({ maxRetries: 1 });
    const work = recovery.operation('work', () => {});
    assert.is(work.explain(transient(), 2).decision, 'exhaust');
    recovery.updateConfig({ maxRetries: 2 });
    assert.is(work.explain(transient(), 2).decision, 'retry');
    await recovery.close();
  }),
);

test(
  'an attempt that there is not is refused',
  inWorld(async world => {
    const recovery = await world.boot();
    const work = recovery.operation('work', () => {});
    for (const attempt of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, '1' as never]) {
      assert.throws(
        () => work.explain(transient(), attempt),
        (error: unknown) => error instanceof ConfigError && error.message.includes('attempt'),
      );
    }
    assert.throws(
      () => work.explain(transient(), '1' as never),
      (error: unknown) =>
        error instanceof ConfigError &&
        error.message === 'explain: attempt must be an integer >= 1, got "1"',
    );
    await recovery.close();
  }),
);

test('an error of no known category is an unknown one in good English', async () => {
  const { message } = await explained({}, new Error('odd'));
  assert.match(message, /^attempt 1 fails with an unknown error \(fallback\): odd/);
});

test.run();
