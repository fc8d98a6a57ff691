import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ConfigError, OperationFailedError } from '../../../services/errors.ts';
import type { Classifier } from '../../../services/ports.ts';
import { CustomStrategy } from '../../../services/strategies/index.ts';
import { rejects } from '../../support/rejects.ts';
import { failing, transient } from './support/functions.ts';
import { inWorld, STARTED_AT } from './support/world.ts';

const test = suite('delays of retries');

test(
  'a delay beyond what timers can wait is waited in parts',
  inWorld(async ({ boot, clock }) => {
    const days = 25 * 24 * 3_600_000;
    const strategy = new CustomStrategy({ name: 'long', delayFunc: () => days });
    const { fn, calls } = failing(1);
    const handle = await (await boot()).operation('work', fn, { strategy }).start('x');
    await clock.advance(days - 1);
    assert.is(calls.length, 1);
    await clock.advance(1);
    assert.is(await handle.result(), 'x');
  }),
);

test(
  'a timer that fires a millisecond early does not make a retry early',
  inWorld(async ({ boot, clock }) => {
    const early = {
      now: () => clock.now(),
      setTimeout: (fn: () => void, ms: number) => clock.setTimeout(fn, ms > 1 ? ms - 1 : ms),
      clearTimeout: (handle: unknown) => clock.clearTimeout(handle),
    };
    const { fn, calls } = failing(1);
    const handle = await (await boot({ clock: early })).operation('work', fn).start('x');
    await clock.advance(999);
    assert.is(calls.length, 1);
    await clock.advance(1);
    assert.is(await handle.result(), 'x');
  }),
);

for (const [title, delayFunc] of [
  ['NaN', () => Number.NaN],
  ['Infinity', () => Number.POSITIVE_INFINITY],
  ['a negative number', () => -1],
  ['a string', () => '5' as unknown as number],
  [
    'an error',
    () => {
      throw new TypeError('no');
    },
  ],
] as const) {
  test(
    `a strategy that gives ${title} ends the operation with a coded error, whose cause is the attempt's own`,
    inWorld(async ({ boot, clock, crash }) => {
      const thrown = transient();
      const { fn, calls } = failing(99, () => thrown);
      const strategy = new CustomStrategy({ name: 'odd', delayFunc });
      const recovery = await boot();
      const handle = await recovery.operation('work', fn, { strategy }).start(1, { id: 'x' });
      const told = rejects(handle.result(), OperationFailedError);
      await clock.advance(10);
      const { cause } = await told;
      assert.instance(cause, ConfigError);
      assert.is((cause as ConfigError).cause, thrown);
      assert.is(calls.length, 1);
      crash();
      const later = (await boot()).get('x').then(again => again?.result());
      const { cause: kept } = (await rejects(later, OperationFailedError)).cause as ConfigError;
      assert.is((kept as { code: string }).code, 'ECONNRESET');
    }),
  );
}

for (const retryAfter of [Number.NaN, Number.POSITIVE_INFINITY, -5, '7' as unknown as number]) {
  test(
    `a classifier's retryAfter of ${retryAfter} is not taken for a delay`,
    inWorld(async ({ boot, clock, settle, disk }) => {
      const classifier: Classifier = {
        classify: () => 'network',
        shouldRetry: () => true,
        explain: () => ({ category: 'network', retryable: true, rule: 'mine', retryAfter }),
      };
      const { fn, calls } = failing(1);
      const handle = await (await boot())
        .operation('work', fn, { classifier })
        .start('x', { id: 'x' });
      await settle();
      assert.is((await disk.row('x')).dueAt, STARTED_AT + 1_000);
      assert.is(calls.length, 1);
      await clock.advance(1_000);
      assert.is(await handle.result(), 'x');
    }),
  );
}

test(
  'a server that says when to come back is not asked sooner',
  inWorld(async ({ boot, clock }) => {
    const classifier: Classifier = {
      classify: () => 'network',
      shouldRetry: () => true,
      explain: () => ({ category: 'network', retryable: true, rule: 'mine', retryAfter: 30_000 }),
    };
    const { fn, calls } = failing(1);
    const handle = await (await boot()).operation('work', fn, { classifier }).start('x');
    await clock.advance(29_999);
    assert.is(calls.length, 1);
    await clock.advance(1);
    assert.is(await handle.result(), 'x');
  }),
);

test.run();
