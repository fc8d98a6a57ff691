import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { PolicyOptions } from '../../services/ports.ts';
import type { DurableRecovery } from '../../services/recovery.ts';
import {
  ExponentialBackoffStrategy,
  LinearBackoffStrategy,
} from '../../services/strategies/index.ts';
import { transient } from '../services/runtime/support/functions.ts';
import { World } from '../services/runtime/support/world.ts';

const test = suite('vectors: delays over restarts');
const RETRIES = 7;

const slow = () => Object.assign(new Error('slow'), { code: 'ETIMEDOUT' });
const busy = () =>
  Object.assign(new Error('busy'), { status: 503, headers: { 'retry-after': '3' } });

/** Policies, and what the attempts fail with in turn. */
const cases: Readonly<Record<string, readonly [PolicyOptions, readonly (() => unknown)[]]>> = {
  decorrelated: [
    { strategy: new ExponentialBackoffStrategy({ jitter: 'decorrelated' }) },
    [transient],
  ],
  full: [{ strategy: new ExponentialBackoffStrategy({ jitter: 'full' }) }, [transient]],
  equal: [{ strategy: new LinearBackoffStrategy({ jitter: 'equal' }) }, [transient]],
  'two categories, each with a count of its own': [
    {
      strategy: new ExponentialBackoffStrategy({ jitter: 'decorrelated' }),
      policies: {
        timeout: {
          maxRetries: RETRIES,
          strategy: new ExponentialBackoffStrategy({ initialDelay: 50, jitter: 'decorrelated' }),
        },
      },
    },
    [transient, slow, slow, transient],
  ],
  'a server that asks for more in between': [
    { strategy: new ExponentialBackoffStrategy({ jitter: 'decorrelated' }) },
    [transient, busy, transient],
  ],
};

/** The instants of the attempts; between two of them the process dies where `dies` says so. */
async function schedule(
  [policy, errors]: readonly [PolicyOptions, readonly (() => unknown)[]],
  dies: (attempt: number) => boolean,
): Promise<readonly number[]> {
  const world = new World();
  const at: number[] = [];
  const define = (recovery: DurableRecovery) =>
    recovery.operation(
      'work',
      (_: unknown, op) => {
        at.push(world.clock.now());
        throw errors[(op.attempt - 1) % errors.length]?.();
      },
      { maxRetries: RETRIES, breaker: false, ...policy },
    );
  try {
    await define(await world.boot()).start(null, { id: 'x' });
    await world.settle();
    for (let attempt = 1; attempt <= RETRIES; attempt++) {
      const due = (await world.disk.row('x')).dueAt as number;
      if (dies(attempt)) {
        world.crash();
        await world.clock.advanceTo(Math.floor((world.clock.now() + due) / 2));
        const recovery = await world.boot();
        define(recovery);
        await recovery.resume();
      }
      await world.clock.advanceTo(due);
    }
    return at;
  } finally {
    world.crash();
  }
}

for (const [name, given] of Object.entries(cases)) {
  test(`${name}: a process that dies between any two attempts changes no delay`, async () => {
    const whole = await schedule(given, () => false);
    assert.is(whole.length, RETRIES + 1);
    for (let death = 1; death <= RETRIES; death++) {
      assert.equal(await schedule(given, attempt => attempt === death), whole, `at ${death}`);
    }
    assert.equal(await schedule(given, () => true), whole, 'at each');
  });
}

test.run();
