import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { seededRandom } from '../../../adapters/testing/index.ts';
import { ConfigError } from '../../../services/errors.ts';
import type { Logger, OperationOptions, ShadowOptions } from '../../../services/ports.ts';
import { CustomStrategy, FixedDelayStrategy } from '../../../services/strategies/index.ts';
import { failing, permanent, transient } from '../runtime/support/functions.ts';
import { inWorld, STARTED_AT, type World } from '../runtime/support/world.ts';

const test = suite('shadow policy');

const slowly = (world: World, ms: number) =>
  new Promise<void>(resolve => void world.clock.setTimeout(resolve, ms));

/** One operation to its end, and what its shadow makes of it. */
async function shadowed(
  world: World,
  fn: (input: unknown, op: never) => unknown,
  options: OperationOptions,
  shadow: ShadowOptions,
) {
  const recovery = await world.boot();
  const work = recovery.operation('work', fn as never, { ...options, shadow } as object);
  const handle = await work.start(undefined as never, { id: 'it' });
  handle.result().catch(() => {});
  await world.clock.advance(1_000_000);
  return { report: work.shadow, state: handle.state, recovery };
}

test(
  'a definition without one has no report',
  inWorld(async world => {
    const recovery = await world.boot();
    assert.is(recovery.operation('work', () => {}).shadow, undefined);
    assert.equal(recovery.shadows(), []);
  }),
);

test(
  'tells which failure the shadow would not have retried, what that spared, and what it would have lost',
  inWorld(async world => {
    const { fn } = failing(3);
    const { report, state, recovery } = await shadowed(world, fn, {}, { maxRetries: 1 });
    assert.is(state, 'success');
    const { recent, ...counts } = report as NonNullable<typeof report>;
    assert.equal(counts, {
      name: 'work',
      decisions: 4,
      differences: 1,
      kinds: {
        decision: 1,
        delay: 0,
        classification: 0,
        counts: 0,
        slow: 0,
        timeout: 0,
        breaker: 0,
      },
      spared: 2,
      lost: 1,
      breakers: 1,
      unwatched: 0,
      problems: 0,
    });
    const facts = { category: 'network', rule: 'code:ECONNRESET', counts: true } as const;
    assert.equal(recent, [
      {
        kinds: ['decision'],
        operationId: 'it',
        attempt: 2,
        breakerKey: 'work',
        at: STARTED_AT + 1_000,
        actual: {
          decision: 'retry',
          ...facts,
          delay: 1_000,
          message: 'reset by peer; retry 2 of 3 in 1000 ms',
        },
        shadow: {
          decision: 'exhaust',
          ...facts,
          limit: 'maxRetries',
          message: 'reset by peer; maxRetries ran out',
        },
      },
    ]);
    assert.equal(recovery.shadows(), [report]);
  }),
);

test(
  'each kind of difference has its name',
  inWorld(async world => {
    let made = 0;
    const recovery = await world.boot();
    const kinds = async (
      fn: () => unknown,
      options: OperationOptions,
      shadow: ShadowOptions,
    ): Promise<readonly string[]> => {
      const name = `work-${made++}`;
      const work = recovery.operation(name, fn as never, { ...options, shadow } as object);
      (await work.start(undefined as never)).result().catch(() => {});
      await world.clock.advance(100_000);
      return [...new Set(work.shadow?.recent.flatMap(({ kinds }) => kinds))].sort();
    };
    const fails = () => {
      throw transient();
    };
    const classifier = {
      classify: () => 'validation' as const,
      shouldRetry: () => true,
      explain: () => ({ category: 'validation', retryable: true, rule: 'mine' }) as const,
    };
    const takes100 = () => slowly(world, 100);
    const strategy = new FixedDelayStrategy({ delay: 5 });
    const slow = { kind: 'count', slowCallDuration: 50 } as const;
    assert.equal(await kinds(fails, {}, { strategy }), ['delay']);
    assert.equal(await kinds(fails, {}, { classifier }), ['classification', 'counts']);
    assert.equal(await kinds(fails, {}, { breakerOptions: { recordFailure: () => false } }), [
      'counts',
    ]);
    assert.equal(await kinds(fails, {}, { breakerOptions: { threshold: 2 } }), ['breaker']);
    assert.equal(await kinds(takes100, {}, { timeout: 100 }), ['decision', 'timeout']);
    assert.equal(await kinds(takes100, {}, { breakerOptions: slow }), ['slow']);
    assert.equal(await kinds(fails, {}, { budget: { capacity: 5 } }), ['decision']);
    assert.equal(await kinds(fails, { breaker: false }, { breakerOptions: { threshold: 1 } }), [
      'breaker',
    ]);
    assert.equal(await kinds(fails, { breakerOptions: { threshold: 1 } }, { breakerOptions: {} }), [
      'breaker',
    ]);
  }),
);

test(
  'many operations of one key at once: a shadow that says the same never differs',
  inWorld(async world => {
    const recovery = await world.boot();
    const random = seededRandom(3);
    const work = recovery.operation(
      'work',
      async () => {
        if (random() < 0.8) await slowly(world, Math.floor(random() * 10) * 20);
        if (random() < 0.5) throw transient();
      },
      {
        maxRetries: 20,
        whenOpen: 'wait',
        shadow: {},
        budget: { capacity: 60, whenEmpty: 'wait', refillPerSecond: 5 },
        breakerOptions: {
          kind: 'count',
          size: 10,
          minimumCalls: 3,
          permits: 3,
          successes: 2,
          openTimeout: 200,
          probeTimeout: 100,
          slowCallDuration: 150,
          slowCallRatio: 0.3,
        },
      },
    );
    const handles = await Promise.all(Array.from({ length: 60 }, () => work.start()));
    for (const handle of handles) handle.result().catch(() => {});
    await world.clock.advance(1_000_000);
    const trips = await recovery.transitions({ breakerKey: 'work' });
    assert.ok(trips.length > 20, `${trips.length} transitions of the breaker`);
    assert.ok((work.shadow?.decisions ?? 0) > 200);
    assert.equal(work.shadow?.recent, []);
  }),
);

test(
  'what is kept and what is logged is bounded',
  inWorld(async world => {
    const lines: Readonly<Record<string, unknown>>[] = [];
    const logger: Logger = {
      debug() {},
      info: (fields, message) => void (message.includes('shadow') && lines.push(fields)),
      warn() {},
      error() {},
    };
    const recovery = await world.boot({ logger });
    const work = recovery.operation(
      'work',
      () => {
        throw transient();
      },
      {
        maxRetries: 250,
        breaker: false,
        shadow: { maxRetries: 250, strategy: new FixedDelayStrategy({ delay: 1 }) },
      },
    );
    (await work.start()).result().catch(() => {});
    await world.clock.advance(59_500);
    assert.is(work.shadow?.differences, 60);
    assert.is(lines.length, 10);
    assert.equal(lines[0], {
      function_name: 'work',
      operation_id: work.shadow?.recent[0]?.operationId,
      attempt: 1,
      breaker_key: 'work (no breaker)',
      kinds: ['delay'],
      actual: 'reset by peer; retry 1 of 250 in 1000 ms',
      shadow: 'reset by peer; retry 1 of 250 in 1 ms',
    });
    await world.clock.advance(1_000);
    assert.is(lines.length, 11);
    assert.is(lines[10]?.suppressed, 50);
    await world.clock.advance(1_000_000);
    assert.is(work.shadow?.differences, 250);
    assert.is(work.shadow?.recent.length, 100);
    assert.is(work.shadow?.recent.at(-1)?.attempt, 250);
  }),
);

test(
  'keys without end are watched only up to a thousand, in memory only',
  inWorld(async world => {
    const recovery = await world.boot();
    const work = recovery.operation(
      'work',
      async () => {
        throw permanent();
      },
      {
        breaker: (key: string) => key,
        shadow: { breakerOptions: { threshold: 1, recordFailure: () => true, openTimeout: 1e9 } },
      },
    );
    for (let key = 0; key < 1_100; key++) (await work.start(`key-${key}`)).result().catch(() => {});
    await world.settle();
    const { breakers = 0, unwatched = 0 } = work.shadow ?? {};
    assert.ok(breakers <= 1_001, `${breakers}`);
    assert.is(breakers + unwatched, 1_100);
    assert.equal(await world.disk.breakerKeys(), []);
    assert.is(recovery.health().breakers.filter(({ state }) => state === 'open').length, 0);
  }),
);

test(
  'a shadow whose functions throw says so once, and the operation does not notice',
  inWorld(async world => {
    const boom = () => {
      throw new TypeError('boom');
    };
    const { fn } = failing(2);
    const { report, state } = await shadowed(
      world,
      fn,
      {},
      {
        classifier: { classify: boom, shouldRetry: boom, explain: boom },
        breakerOptions: { openTimeout: new CustomStrategy({ delayFunc: boom }), threshold: 1 },
      },
    );
    assert.is(state, 'success');
    assert.is(report?.recent[0]?.shadow.decision, 'fail');
    assert.ok((report?.problems ?? 0) > 0);
    assert.is(world.logged.filter(message => message === 'a shadow policy is broken').length, 1);
  }),
);

test(
  'the shadow follows the configuration, and operations keep what they began with',
  inWorld(async world => {
    const recovery = await world.boot({ maxRetries: 2 });
    const work = recovery.operation(
      'work',
      () => {
        throw transient();
      },
      { shadow: { strategy: new FixedDelayStrategy({ delay: 1_000 }) }, breaker: false },
    );
    const run = async () => {
      (await work.start()).result().catch(() => {});
    };
    await run();
    recovery.updateConfig({ maxRetries: 4 });
    await run();
    await world.clock.advance(100_000);
    assert.equal(work.shadow?.recent, []);
    assert.is(work.shadow?.decisions, 2 * (3 + 5));
  }),
);

test(
  'nothing is left on the clock when the recovery closes',
  inWorld(async world => {
    const recovery = await world.boot();
    const work = recovery.operation(
      'work',
      () => {
        throw permanent();
      },
      { shadow: { breakerOptions: { threshold: 1, recordFailure: () => true } } },
    );
    await work.run().catch(() => {});
    const handle = await work.start();
    handle.result().catch(() => {});
    await world.settle();
    assert.is(work.shadow?.kinds.breaker, 1);
    await world.close(recovery);
    assert.is(world.clock.pending, 0);
  }),
);

test(
  'a cancelled operation gives the permit of its shadow back',
  inWorld(async world => {
    const recovery = await world.boot();
    const breakerOptions = { threshold: 1, openTimeout: 100, probeTimeout: 1e9 };
    const errors = [transient()];
    const work = recovery.operation(
      'work',
      async () => {
        const error = errors.pop();
        if (error !== undefined) throw error;
        await slowly(world, 1_000);
      },
      { maxRetries: 0, breakerOptions, shadow: {} },
    );
    await work.run().catch(() => {});
    await world.clock.advance(100);
    const probe = await work.start();
    probe.result().catch(() => {});
    await world.settle();
    await probe.cancel();
    const next = work.run();
    await world.clock.advance(2_000);
    await next;
    assert.equal(work.shadow?.recent, []);
  }),
);

test(
  'what is wrong with a shadow is told with everything else',
  inWorld(async world => {
    const recovery = await world.boot();
    try {
      recovery.operation('work', () => {}, {
        maxRetries: -1,
        shadow: {
          maxRetries: -2,
          fallback: () => {},
          breakerOptions: { successes: 2, size: 3 },
          budget: { capacity: 1, cost: 2 },
        },
      } as object);
      assert.unreachable();
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      assert.equal(
        (error.details.problems as { option: string }[]).map(({ option }) => option).sort(),
        [
          'maxRetries',
          'shadow.breakerOptions.size',
          'shadow.breakerOptions.successes',
          'shadow.budget.cost',
          'shadow.fallback',
          'shadow.maxRetries',
        ],
      );
    }
  }),
);

test.run();
