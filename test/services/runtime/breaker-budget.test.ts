import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { OperationExhaustedError } from '../../../services/errors.ts';
import type { BreakerView } from '../../../services/ports.ts';
import type { DurableRecovery } from '../../../services/recovery.ts';
import { rejects } from '../../support/rejects.ts';
import { failing } from './support/functions.ts';
import { inWorld, STARTED_AT } from './support/world.ts';

const test = suite('budgets and rates of breaker keys');
const view = (recovery: DurableRecovery) => recovery.breaker('work') as BreakerView;
const breakerOptions = { threshold: 99 };

test(
  'without tokens an operation ends as exhausted by its budget, over a restart too, and a success gives one back',
  inWorld(async ({ boot, clock, settle, crash }) => {
    const options = { maxRetries: 9, breakerOptions, budget: { capacity: 11, cost: 5 } };
    const first = await boot();
    const work = first.operation('work', failing(99).fn, options);
    const handle = await work.start(1, { id: 'x' });
    await settle();
    assert.is(view(first).tokens, 6);
    await clock.advance(1_000);
    assert.is(view(first).tokens, 1);
    await clock.advance(1_000);
    const error = await rejects(handle.result(), OperationExhaustedError);
    assert.is(error.details.limit, 'budget');
    crash();
    const recovery = await boot();
    assert.is(view(recovery).tokens, 1);
    const good = recovery.operation('good', failing(0).fn, { ...options, breaker: 'work' });
    await good.run(1);
    assert.is(view(recovery).tokens, 2);
    const again = recovery.operation('work', failing(99).fn, options);
    const refused = await rejects(again.run(1), OperationExhaustedError);
    assert.is(refused.details.limit, 'budget');
  }),
);

test(
  'with `wait` a retry that cannot be paid goes on when the clock has refilled the budget, though nobody announces it',
  inWorld(async ({ boot, clock, settle }) => {
    const recovery = await boot();
    const { fn, calls } = failing(2);
    const work = recovery.operation('work', fn, {
      maxRetries: 9,
      breakerOptions,
      budget: { capacity: 5, cost: 5, refillPerSecond: 0.5, whenEmpty: 'wait' },
    });
    const handle = await work.start('x');
    await settle();
    await clock.advance(1_000);
    assert.is(calls.length, 2);
    // Spent at 1,000 ms; due again at 2,000 ms with half a token, payable at 11,000 ms.
    await clock.advance(9_999);
    assert.equal([calls.length, handle.state], [2, 'recovering']);
    await clock.advance(1);
    assert.is(calls.length, 3);
    assert.is(await handle.result(), 'x');
    assert.is(clock.now(), STARTED_AT + 11_000);
  }),
);

test(
  'with `wait` a retry that cannot be paid goes on when the successes of others have paid for it',
  inWorld(async ({ boot, clock, settle }) => {
    const recovery = await boot();
    const { fn, calls } = failing(2);
    const bucket = { capacity: 5, cost: 5, refund: 2, refillPerSecond: 0 };
    const budget = { ...bucket, whenEmpty: 'wait' } as const;
    const options = { maxRetries: 9, breakerOptions, budget };
    const handle = await recovery.operation('work', fn, options).start('x');
    const good = recovery.operation('good', failing(0).fn, { ...options, breaker: 'work' });
    await settle();
    await clock.advance(5_000);
    assert.is(calls.length, 2);
    for (let time = 0; time < 2; time++) await good.run(1);
    await settle();
    assert.is(calls.length, 2);
    await good.run(1);
    await settle();
    assert.is(calls.length, 3);
    assert.is(await handle.result(), 'x');
  }),
);

test(
  'attempts of a key keep to its rate, whichever operations they are of, and a restart changes nothing',
  inWorld(async ({ boot, clock, settle, crash }) => {
    const begun: number[] = [];
    const fn = async () => void begun.push(clock.now() - STARTED_AT);
    const options = { rateLimit: { limit: 2, interval: 1_000 } };
    const first = await boot();
    const work = first.operation('work', fn, options);
    await Promise.all(Array.from({ length: 4 }, () => work.start()));
    await settle();
    await clock.advance(500);
    assert.equal(begun, [0, 0, 500]);
    crash();
    const recovery = await boot();
    recovery.operation('work', fn, options);
    await recovery.resume();
    await settle();
    assert.equal(begun, [0, 0, 500]);
    await clock.advance(500);
    assert.equal(begun, [0, 0, 500, 1_000]);
  }),
);

test(
  'rates and budgets go on when the clock is set back',
  inWorld(async ({ boot, clock, settle }) => {
    let behind = 0;
    const recovery = await boot({
      clock: {
        now: () => clock.now() - behind,
        setTimeout: (fn, ms) => clock.setTimeout(fn, ms),
        clearTimeout: timer => clock.clearTimeout(timer),
      },
    });
    const paced = recovery.operation('paced', failing(0).fn, {
      rateLimit: { limit: 1, interval: 1_000 },
    });
    const paying = recovery.operation('work', failing(2).fn, {
      breakerOptions,
      budget: { capacity: 5, cost: 5, refillPerSecond: 1, whenEmpty: 'wait' },
    });
    await paced.start(1);
    const handle = await paying.start(1);
    await settle();
    await clock.advance(1_000);
    behind = 3_600_000;
    const later = await paced.start(2);
    await clock.advance(10_000);
    assert.equal([later.state, handle.state], ['success', 'success']);
    const history = await recovery.history(handle.id);
    assert.is(history.filter(({ event }) => event === 'permit.denied').length, 1);
  }),
);

test(
  'a key with a rate or a budget that is not full is not forgotten before it is like a new one',
  inWorld(async ({ boot, clock, settle }) => {
    const recovery = await boot({ maxBreakers: 1, circuitBreakerTimeout: 10_000 });
    const slow = recovery.operation('slow', failing(0).fn, {
      rateLimit: { limit: 1, interval: 60_000 },
    });
    await slow.run(1);
    const paid = recovery.operation('work', failing(1).fn, { breakerOptions, budget: {} });
    const handle = await paid.start(1);
    await settle();
    await clock.advance(1_000);
    await handle.result();
    const kept = async (key: string) => {
      await recovery.operation(`other at ${clock.now()}`, failing(0).fn).run(1);
      return recovery.breaker(key) !== undefined;
    };
    assert.is(await kept('slow'), true);
    await clock.advance(10_001);
    assert.is(await kept('slow'), true);
    await clock.advance(49_000);
    assert.is(await kept('slow'), false);
  }),
);

test.run();
