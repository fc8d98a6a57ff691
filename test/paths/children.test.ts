import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { FixedDelayStrategy } from '../../index.ts';
import type { Recovery } from '../../services/ports.ts';
import { crashPaths, operationPaths } from '../../testing.ts';
import { many } from '../support/extent.ts';
import { none } from './support/path-suite.ts';

/** Lives of two operations each. */
export const suiteTimeout = 180_000;

const test = suite('paths of a parent with children');

/** The first attempt of the first child fails, whatever becomes of the parent. */
const define = (recovery: Recovery) => {
  const policy = {
    maxRetries: 1,
    maxInterruptions: many(3, 1),
    strategy: new FixedDelayStrategy({ delay: 500 }),
  };
  const part = recovery.operation(
    'part',
    async (name: string, op) => {
      if (name === 'first' && op.attempt === 1) {
        throw Object.assign(new Error('reset'), { code: 'ECONNRESET' });
      }
      return op.step('length', () => name.length);
    },
    policy,
  );
  return recovery.operation(
    'whole',
    async (_: string, op) => {
      const first = await op.child(part, 'first', { key: 'first' });
      return first + (await op.child(part, 'second', { key: 'second' }));
    },
    policy,
  );
};

for (const store of ['sqljs', 'memory'] as const) {
  test(`${store}: parent and children keep their promises on every path, and after a crash in any commit of any of them`, async () => {
    const outcomes = ['success', 'network', 'cancel', 'crash'] as const;
    const paths = await operationPaths(define, { input: 'it', outcomes, store });
    assert.ok(paths.length > 5, `${paths.length} paths`);
    await none(paths);
    const cuts = await crashPaths(paths);
    assert.ok(cuts.length > paths.length * 6, `${cuts.length} cuts`);
    await none(cuts);
  });
}

test.run();
