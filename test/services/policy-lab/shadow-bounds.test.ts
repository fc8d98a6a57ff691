import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Logger } from '../../../services/ports.ts';
import { CustomStrategy, FixedDelayStrategy } from '../../../services/strategies/index.ts';
import { failing, permanent, transient } from '../runtime/support/functions.ts';
import { inWorld } from '../runtime/support/world.ts';
import { shadowed, slowly } from './support/shadowed.ts';

const test = suite('bounds of a shadow policy');

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

test.run();
