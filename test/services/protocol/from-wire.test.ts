import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  breakerFrom,
  breakerOf,
  breakerSchema,
  breakerTransitionFrom,
  breakerUpdateOf,
  breakerUpdateSchema,
  operationFrom,
  operationOf,
  operationSchema,
  progressFrom,
  progressOf,
  progressSchema,
  recoveryUpdateOf,
  recoveryUpdateSchema,
  stepFrom,
  stepOf,
  stepSchema,
  summaryFrom,
  summaryOf,
  transitionFrom,
} from '../../../services/protocol.ts';
import { failing, hanging, permanent } from '../runtime/support/functions.ts';
import { inWorld } from '../runtime/support/world.ts';

const test = suite('data back from the wire');

/** As it comes out at the other end. */
const over = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

test(
  'everything that goes over the wire is at the other end what it was',
  inWorld(async ({ boot, clock, settle }) => {
    const recovery = await boot();
    const there: unknown[] = [];
    const back: unknown[] = [];
    const compare = (sent: unknown, received: unknown) => {
      there.push(sent);
      back.push(received);
    };
    recovery.transitions$.subscribe(transition => {
      if (transition.kind === 'operation') {
        const wired = recoveryUpdateSchema.parse(over(recoveryUpdateOf(transition)));
        compare(transition, transitionFrom(wired));
      } else {
        const wired = breakerUpdateSchema.parse(over(breakerUpdateOf(transition)));
        compare(transition, breakerTransitionFrom(wired));
      }
    });
    recovery.progress$.subscribe(progress => {
      compare(progress, progressFrom(progressSchema.parse(over(progressOf(progress)))));
    });
    const steps = recovery.operation('steps', async (input: unknown, op) => {
      op.progress({ done: 1, total: 2 });
      await op.step('one', () => ({ a: 1 }));
      await op.step('nothing', () => undefined);
      await op.step('null', () => null);
      return input;
    });
    const slow = recovery.operation('slow', hanging().fn, {
      hedgeAfter: 10,
    });
    const bad = recovery.operation('bad', failing(9, permanent).fn);
    const flaky = recovery.operation('flaky', failing(9).fn, {
      breakerOptions: { threshold: 1 },
      budget: { capacity: 3 },
    });
    await steps.start({ x: [1] }, { id: 'steps', metadata: { who: 'me' } });
    await slow.start(undefined, { id: 'slow' });
    await bad.start(null, { id: 'bad' });
    await flaky.start(1, { id: 'flaky' });
    await clock.advance(60_000);
    await recovery.forceBreaker('k', 'isolated', { ttl: 5_000, reason: 'r', by: 'me' });
    await recovery.forceBreaker('m', 'metrics_only');
    await settle();

    const { items } = await recovery.list();
    assert.is(items.length, 4);
    for (const view of items) {
      const found = operationFrom(operationSchema.parse(over(operationOf(view))));
      compare(withoutStacks(view), over(found));
      const { input: _i, output: _o, error: _e, metadata: _m, ...summary } = view;
      compare(summary, summaryFrom(over(summaryOf(view)) as ReturnType<typeof summaryOf>));
      assert.equal(Object.keys(found), Object.keys(view), 'in the same order');
    }
    const finished = await recovery.steps('steps');
    assert.is(finished.length, 3);
    for (const step of finished) {
      compare(step, stepFrom('steps', stepSchema.parse(over(stepOf(step)))));
    }
    const breakers = recovery.breakers();
    assert.ok(breakers.length >= 4);
    for (const view of breakers)
      compare(view, breakerFrom(breakerSchema.parse(over(breakerOf(view)))));
    assert.ok(there.length > 25);
    assert.equal(back, there);
    for (const [index, view] of breakers.entries()) {
      const found = breakerFrom(breakerSchema.parse(over(breakerOf(view))));
      assert.equal(Object.keys(found), Object.keys(view), `breaker ${index}, in the same order`);
    }
  }),
);

/** The server keeps them to itself. */
function withoutStacks(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (key, member) => (key === 'stack' ? undefined : member)));
}

test.run();
