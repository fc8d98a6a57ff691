import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { SimulatedClock } from '../../../adapters/testing/index.ts';
import type { DurableRecovery } from '../../../services/recovery.ts';
import { FixedDelayStrategy } from '../../../services/strategies/index.ts';
import { failing, hanging } from './support/functions.ts';
import { inWorld } from './support/world.ts';

const test = suite('turns of those that wait at a breaker');
const breakerOptions = { threshold: 1, openTimeout: 1_000, probeTimeout: 500 };
const waits = { breakerOptions, whenOpen: 'wait' } as const;

/** Opens the breaker `k`. */
async function trip(recovery: DurableRecovery): Promise<void> {
  const options = { breaker: 'k', maxRetries: 0, breakerOptions };
  await recovery
    .operation('trip', failing(9).fn, options)
    .run(1)
    .catch(() => {});
  assert.is(recovery.breaker('k')?.state, 'open');
}

/** A definition with one slot, which an operation of another key holds; another one waits at `k`. */
async function crowded(recovery: DurableRecovery, clock: SimulatedClock, name: string) {
  const { fn, calls } = hanging();
  const work = recovery.operation(name, fn, {
    ...waits,
    concurrency: 1,
    totalTimeout: 60_000,
    breaker: input => String(input),
  });
  const waiting = await work.start('k');
  await clock.advance(100);
  const holding = await work.start('elsewhere');
  return { waiting, holding, calls };
}

test(
  'one that cannot pay for the probe leaves it to the next',
  inWorld(async ({ boot, clock, settle }) => {
    const strategy = new FixedDelayStrategy({ delay: 10 });
    const recovery = await boot({ strategy });
    const bucket = { capacity: 5, cost: 5, refund: 0, refillPerSecond: 0 };
    const budget = { ...bucket, whenEmpty: 'wait' } as const;
    const options = { ...waits, breaker: 'k', budget, maxRetries: 9 };
    const tripping = { ...options, breakerOptions: { ...breakerOptions, threshold: 2 } };
    const poor = await recovery.operation('poor', failing(99).fn, tripping).start(1);
    await clock.advance(50);
    assert.equal([recovery.breaker('k')?.state, recovery.breaker('k')?.tokens], ['open', 0]);
    const rich = await recovery.operation('rich', async () => 'through', options).start();
    await settle();
    await clock.advance(1_000);
    assert.is(rich.state, 'success');
    assert.equal([poor.state, recovery.breaker('k')?.state], ['recovering', 'closed']);
    const asked = (await recovery.history(poor.id)).length;
    await clock.advance(3_600_000);
    assert.is((await recovery.history(poor.id)).length, asked, 'and it does not ask in vain');
  }),
);

test(
  'a permit does not lie idle while one that is to have it waits for a slot',
  inWorld(async ({ boot, clock, settle }) => {
    const recovery = await boot();
    await trip(recovery);
    const { waiting } = await crowded(recovery, clock, 'crowded');
    const free = await recovery
      .operation('free', async () => 'through', { ...waits, breaker: 'k' })
      .start();
    await settle();
    await clock.advance(1_000);
    assert.equal([waiting.state, free.state], ['recovering', 'success']);
  }),
);

test(
  'no more are let ask than there are permits: one that needs a slot first does not take it to be refused',
  inWorld(async ({ boot, clock, settle }) => {
    const recovery = await boot();
    await trip(recovery);
    const { waiting, holding } = await crowded(recovery, clock, 'crowded');
    const { fn, calls } = hanging();
    await recovery.operation('probe', fn, { ...waits, breaker: 'k' }).start(1);
    await settle();
    await clock.advance(1_000);
    assert.is(calls.length, 1);
    const asked = (await recovery.history(waiting.id)).length;
    await holding.cancel();
    await settle();
    assert.is((await recovery.history(waiting.id)).length, asked);
  }),
);

for (const leave of ['cancel', 'pause', 'deadline'] as const) {
  test(
    `one that leaves the queue for a slot (${leave}) passes its turn at the breaker on`,
    inWorld(async ({ boot, clock, settle }) => {
      const recovery = await boot();
      await trip(recovery);
      const first = await crowded(recovery, clock, 'first');
      const second = await crowded(recovery, clock, 'second');
      await settle();
      await clock.advance(1_000);
      assert.is(recovery.breaker('k')?.state, 'half_open');
      if (leave === 'deadline') await clock.advance(59_850 - 1_000);
      else await first.waiting[leave]();
      await settle();
      if (leave === 'deadline') assert.is(first.waiting.state, 'exhausted');
      assert.is(second.waiting.state, 'recovering');
      await second.holding.cancel();
      await settle();
      assert.is(second.waiting.state, 'in_progress');
      second.calls.at(-1)?.end('through');
      await settle();
      assert.equal([second.waiting.state, recovery.breaker('k')?.state], ['success', 'closed']);
    }),
  );
}

test(
  'where all wait for tokens, and nobody is left to give any back, the clock gets them going again',
  inWorld(async ({ boot, clock }) => {
    const recovery = await boot({ strategy: new FixedDelayStrategy({ delay: 10 }) });
    const budget = { capacity: 5, whenEmpty: 'wait' } as const;
    const options = { breaker: 'k', breakerOptions: { threshold: 99 }, maxRetries: 9, budget };
    const work = recovery.operation('work', failing(9).fn, options);
    const handles = await Promise.all([1, 2, 3].map(input => work.start(input)));
    await clock.advance(3_600_000);
    assert.equal(
      handles.map(({ state }) => state),
      ['success', 'success', 'success'],
    );
  }),
);

test(
  'a retry that costs more than the bucket of a shared key holds takes a full bucket',
  inWorld(async ({ boot, clock }) => {
    for (const whenEmpty of ['wait', 'fail'] as const) {
      const recovery = await boot({ strategy: new FixedDelayStrategy({ delay: 10 }) });
      const options = { breaker: whenEmpty, breakerOptions: { threshold: 99 }, maxRetries: 1 };
      const small = { capacity: 3, cost: 1, whenEmpty };
      await recovery.operation('settles', failing(0).fn, { ...options, budget: small }).run(1);
      const budget = { capacity: 20, cost: 10, whenEmpty };
      const handle = await recovery
        .operation('dear', failing(1).fn, { ...options, budget })
        .start(1);
      await clock.advance(20);
      assert.equal([handle.state, recovery.breaker(whenEmpty)?.tokens], ['success', 3], whenEmpty);
    }
  }),
);

test(
  'tokens that come back go to whom they are enough for, although another came first',
  inWorld(async ({ boot, clock, settle }) => {
    const strategy = new FixedDelayStrategy({ delay: 10 });
    const recovery = await boot({ strategy });
    const define = (name: string, cost: number, times: number) =>
      recovery.operation(name, failing(times).fn, {
        breaker: 'k',
        breakerOptions: { threshold: 99 },
        maxRetries: 1,
        budget: { capacity: 12, cost, refund: 5, refillPerSecond: 0, whenEmpty: 'wait' },
      });
    const spent = define('spender', 12, 9).run(1);
    const spending = spent.catch(() => {});
    await clock.advance(10);
    await spending;
    assert.is(recovery.breaker('k')?.tokens, 0);
    const dear = await define('dear', 10, 1).start(1);
    await settle();
    const cheap = await define('cheap', 5, 1).start(1);
    await clock.advance(10);
    assert.equal([dear.state, cheap.state], ['recovering', 'recovering']);
    await define('giver', 5, 0).run(1);
    await settle();
    assert.equal([dear.state, cheap.state], ['recovering', 'success']);
  }),
);

test.run();
