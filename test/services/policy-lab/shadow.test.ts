import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { seededRandom } from '../../../adapters/testing/index.ts';
import { ConfigError } from '../../../services/errors.ts';
import type { OperationOptions, ShadowOptions } from '../../../services/ports.ts';
import { FixedDelayStrategy } from '../../../services/strategies/index.ts';
import { failing, transient } from '../runtime/support/functions.ts';
import { inWorld, STARTED_AT } from '../runtime/support/world.ts';
import { shadowed, slowly } from './support/shadowed.ts';

const test = suite('shadow policy');

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
