/** Defects of other libraries' retries, each reproduced or reported in public; here they are to stay away. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  ConfigError,
  OperationCancelledError,
  OperationExhaustedError,
} from '../../services/errors.ts';
import type { RecoveryStrategy } from '../../services/ports.ts';
import {
  CustomStrategy,
  ExponentialBackoffStrategy,
  FixedDelayStrategy,
  LinearBackoffStrategy,
} from '../../services/strategies/index.ts';
import { failing, hanging, transient } from '../services/runtime/support/functions.ts';
import { inWorld, STARTED_AT } from '../services/runtime/support/world.ts';
import { rejects } from '../support/rejects.ts';

const test = suite('peer defects: retries');
const DAY = 86_400_000;

/** An answer with headers, as an HTTP client throws it. */
const answered = (headers: unknown) => () =>
  Object.assign(new Error('service unavailable'), { status: 503, headers });

// cockatiel 3.2.1, src/RetryPolicy.ts: the wait does not look at the signal. sindresorhus/p-retry issue 97, nodejs/undici pull request 5675: the same.
test(
  'cockatiel, p-retry, undici: a cancel during a backoff settles at once, and nothing is called or left waiting',
  inWorld(async ({ boot, clock, settle }) => {
    const recovery = await boot({ strategy: new FixedDelayStrategy({ delay: 60_000 }) });
    const { fn, calls } = failing(9);
    const idle = clock.pending;
    const handle = await recovery.operation('work', fn).start(1);
    await clock.advance(500);
    assert.equal([handle.state, calls.length], ['recovering', 1]);
    const told = rejects(handle.result(), OperationCancelledError);
    await handle.cancel();
    await settle();
    await told;
    assert.is(clock.now(), STARTED_AT + 500, 'no time has to pass');
    assert.is(clock.pending, idle, 'no timer keeps the process alive');
    await clock.advance(DAY);
    assert.is(calls.length, 1);
  }),
);

// App-vNext/Polly issue 2375: a cancel that met the end of a failing attempt was retried or not, as it happened.
test(
  'Polly: a cancel in the very turn in which the attempt fails wins, and nothing is called again',
  inWorld(async ({ boot, clock, settle }) => {
    const { fn, calls } = hanging();
    const handle = await (await boot()).operation('work', fn).start(1);
    await settle();
    const told = rejects(handle.result(), OperationCancelledError);
    const cancelled = handle.cancel();
    calls[0]?.fail(transient());
    assert.is(await cancelled, true);
    await told;
    await clock.advance(DAY);
    assert.is(calls.length, 1);
  }),
);

// cockatiel 3.2.1, src/backoff/ExponentialBackoffGenerators.ts: noJitterGenerator doubles, whatever `exponent` says.
test(
  'cockatiel: without jitter delays grow by the factor that was asked for',
  inWorld(async ({ boot, clock, settle }) => {
    const strategy = new ExponentialBackoffStrategy({ initialDelay: 100, backoffFactor: 3 });
    const at: number[] = [];
    const fn = () => {
      at.push(clock.now() - STARTED_AT);
      throw transient();
    };
    const recovery = await boot();
    await recovery.operation('work', fn, { strategy, maxRetries: 3 }).start();
    await settle();
    await clock.advance(DAY);
    assert.equal(at, [0, 100, 100 + 300, 100 + 300 + 900]);
  }),
);

// nodejs/undici lib/handler/retry-handler.js: Math.min(retryAfter, maxTimeout). smithy-lang/smithy-typescript pull request 2080: at most 20 s.
for (const [form, headers] of [
  ['seconds', { 'retry-after': '600' }],
  ['a date', { 'Retry-After': new Date(STARTED_AT + 600_000).toUTCString() }],
] as const) {
  test(
    `undici, smithy: a Retry-After (${form}) above maxDelay is never shortened`,
    inWorld(async ({ boot, clock }) => {
      const strategy = new ExponentialBackoffStrategy({ maxDelay: 30_000 });
      const { fn, calls } = failing(1, answered(headers));
      const handle = await (await boot()).operation('work', fn, { strategy }).start('x');
      await clock.advance(599_999);
      assert.is(calls.length, 1, 'not asked sooner');
      await clock.advance(1);
      assert.is(await handle.result(), 'x');
    }),
  );
}

// smithy-lang/smithy-ruby pull request 338, sindresorhus/ky pull request 603: too long a Retry-After is cut to the longest delay, and asked sooner.
test(
  'smithy, ky: who does not want to wait that long is told so, and nobody is asked sooner',
  inWorld(async ({ boot, clock, settle }) => {
    const strategy = new ExponentialBackoffStrategy({ maxDelay: 30_000 });
    const recovery = await boot();
    for (const [seconds, state] of [
      ['30', 'recovering'],
      ['31', 'exhausted'],
    ] as const) {
      const { fn, calls } = failing(9, answered({ 'retry-after': seconds }));
      const options = { strategy, longRetryAfter: 'end' } as const;
      const handle = await recovery.operation(seconds, fn, options).start(1);
      await settle();
      assert.equal([handle.state, calls.length], [state, 1]);
    }
    await clock.advance(29_999);
  }),
);

// aws/aws-sdk-js-v3 issue 3894: three attempts within 50 ms although the answer said Retry-After: 2.
test(
  'AWS SDK: the Retry-After of a response that an error carries as $response is waited for',
  inWorld(async ({ boot, clock }) => {
    const failure = () =>
      Object.defineProperty(new Error('InternalServerException'), '$response', {
        value: { statusCode: 500, headers: { 'retry-after': '2' } },
        enumerable: false,
      });
    const strategy = new FixedDelayStrategy({ delay: 10 });
    const { fn, calls } = failing(1, failure);
    const handle = await (await boot()).operation('work', fn, { strategy }).start('x');
    await clock.advance(1_999);
    assert.is(calls.length, 1);
    await clock.advance(1);
    assert.is(await handle.result(), 'x');
  }),
);

// connor4312/cockatiel issue 86, App-vNext/Polly issue 2163: NaN or a negative delay after 1,025 attempts, so retries without a pause.
for (const jitter of ['none', 'decorrelated'] as const) {
  test(
    `cockatiel, Polly: attempt 1,100 with jitter ${jitter} still waits`,
    inWorld(async ({ boot, clock }) => {
      const strategy = new ExponentialBackoffStrategy({ jitter, maxDelay: 1_000 });
      const at: number[] = [];
      const fn = () => {
        at.push(clock.now());
        throw transient();
      };
      const recovery = await boot({ random: () => 0.5 });
      const options = { strategy, maxRetries: 1_100, breaker: false } as const;
      const told = rejects(recovery.operation('work', fn, options).run(), OperationExhaustedError);
      await clock.advance(DAY);
      await told;
      assert.is(at.length, 1_101);
      const gaps = at.slice(1).map((instant, index) => instant - (at[index] as number));
      assert.equal(new Set(gaps.slice(20)), new Set([1_000]));
    }),
  );
}

// fluent/fluent-logger-forward-node issue 44 and many more: setTimeout takes a wait above 2^31-1 ms for 1 ms.
test(
  'node timers: a Retry-After of 25 days is 25 days',
  inWorld(async ({ boot, clock }) => {
    const { fn, calls } = failing(1, answered({ 'retry-after': String(25 * 86_400) }));
    const handle = await (await boot()).operation('work', fn).start('x');
    await clock.advance(25 * DAY - 1);
    assert.is(calls.length, 1);
    await clock.advance(1);
    assert.is(await handle.result(), 'x');
  }),
);

// OptimalBits/bull issue 1258: a strategy's -1 was a retry without a pause, until the attempts were used up.
for (const value of [-1, Number.NaN, Number.POSITIVE_INFINITY]) {
  test(
    `Bull: a strategy that gives ${value} ends the operation instead of making a hot loop`,
    inWorld(async ({ boot, clock }) => {
      const strategy = new CustomStrategy({ delayFunc: () => value });
      const { fn, calls } = failing(99);
      const recovery = await boot();
      const handle = await recovery.operation('work', fn, { strategy }).start(1);
      const told = handle.result().catch((error: unknown) => error);
      await clock.advance(DAY);
      assert.is(handle.state, 'failed');
      assert.is(calls.length, 1);
      assert.ok((await told) instanceof Error);
    }),
  );
}

// tim-kos/node-retry issue 84, sindresorhus/p-retry issue 58: `retries: Infinity` crashed the process.
test(
  'p-retry: endless retries are refused where they are asked for',
  inWorld(async ({ boot }) => {
    const recovery = await boot();
    const options = { maxRetries: Number.POSITIVE_INFINITY };
    assert.throws(
      () => recovery.operation('work', failing(9).fn, options),
      (error: unknown) => error instanceof ConfigError && /maxRetries/.test(error.message),
    );
  }),
);

// tim-kos/node-retry issue 90: `maxTimeout: undefined` undid minTimeout. sindresorhus/p-retry pull request 82: `shouldRetry: undefined` was called.
test(
  'node-retry, p-retry: an option that is undefined is one that was left out',
  inWorld(async ({ boot, clock, settle }) => {
    const nothing = undefined as never;
    const strategies: RecoveryStrategy[] = [
      new ExponentialBackoffStrategy({
        initialDelay: 800,
        backoffFactor: nothing,
        maxDelay: nothing,
        jitter: nothing,
      }),
      new LinearBackoffStrategy({ initialDelay: 800, increment: nothing, maxDelay: nothing }),
      new FixedDelayStrategy({ delay: 800, jitter: nothing }),
    ];
    for (const strategy of strategies) assert.is(strategy.calculateDelay(1), 800, strategy.name);
    const recovery = await boot();
    const { fn, calls } = failing(9);
    const work = recovery.operation('work', fn, {
      maxRetries: nothing,
      maxInterruptions: nothing,
      timeout: nothing,
      totalTimeout: nothing,
      strategy: nothing,
      classifier: nothing,
      breaker: nothing,
      breakerOptions: nothing,
      whenOpen: nothing,
    });
    const handle = await work.start(1);
    await settle();
    await clock.advance(999);
    assert.is(calls.length, 1);
    await clock.advance(DAY);
    assert.equal([handle.state, calls.length], ['exhausted', 4]);
  }),
);

// failsafe-lib/failsafe issue 115: a jitter above the delay made it negative. agenda/agenda issue 1748: jitter went beyond maxDelay.
test('failsafe, Agenda: jitter leads neither below 0 nor beyond maxDelay', () => {
  for (const jitter of ['full', 'equal', 'decorrelated'] as const) {
    const strategy = new ExponentialBackoffStrategy({ jitter, maxDelay: 2_000 });
    for (const draw of [0, 0.25, 0.5, 0.999]) {
      for (let attempt = 1; attempt < 40; attempt++) {
        const delay = strategy.calculateDelay(attempt, { random: () => draw, previousDraw: 0.999 });
        assert.ok(delay >= 0 && delay <= 2_000, `${jitter} at ${draw}: ${delay}`);
      }
    }
  }
});

test.run();
