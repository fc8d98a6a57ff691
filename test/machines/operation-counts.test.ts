import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { afterRetry, NO_COUNTS, retriesLeft, retryCount } from '../../machines/operation/counts.ts';
import type { Counts, OperationPolicy, Verdict } from '../../machines/operation/types.ts';
import type { ErrorCategory } from '../../machines/vocabulary.ts';
import * as on from './support/operation-events.ts';
import { OperationStage } from './support/operation-stage.ts';

const test = suite('counts of retries');

const policy: OperationPolicy = { ...on.policy, maxRetries: 2, byCategory: { timeout: 1 } };
const spent = (...categories: readonly (ErrorCategory | 'anew')[]): Counts => {
  let counts = NO_COUNTS;
  let anew = {};
  for (const category of categories) {
    if (category === 'anew') anew = { anew: true };
    else {
      const verdict: Verdict = { ...on.verdict, category, ...anew };
      counts = afterRetry({ policy, counts }, verdict);
      anew = {};
    }
  }
  return counts;
};
const count = (counts: Counts, category: ErrorCategory) => retryCount({ policy, counts }, category);

test('categories without a limit of their own share one count', () => {
  const counts = spent('network', 'resource');
  assert.is(counts.byCategory, undefined);
  for (const category of ['network', 'resource', 'unknown'] as const) {
    assert.equal(count(counts, category), { retries: 2, streak: 2, limit: 2, own: undefined });
    assert.is(retriesLeft({ policy, counts }, category), false);
  }
  assert.is(retriesLeft({ policy, counts }, 'timeout'), true);
});

test('a category with a limit of its own neither uses up the others’ nor is used up by them', () => {
  const counts = spent('timeout', 'network', 'network');
  assert.equal(count(counts, 'timeout'), { retries: 1, streak: 1, limit: 1, own: 'timeout' });
  assert.equal(count(counts, 'network'), { retries: 2, streak: 2, limit: 2, own: undefined });
  assert.is(counts.retries, 3);
  assert.is(retriesLeft({ policy, counts: spent('timeout') }, 'timeout'), false);
  assert.is(retriesLeft({ policy, counts: spent('timeout') }, 'network'), true);
});

test('a limit of 0 for a category is a limit', () => {
  const strict = { policy: { ...policy, byCategory: { network: 0 } }, counts: NO_COUNTS };
  assert.is(retriesLeft(strict, 'network'), false);
  assert.is(retriesLeft(strict, 'timeout'), true);
});

test('a backoff that begins anew forgets every streak and no retry', () => {
  const counts = spent('timeout', 'network', 'anew', 'network');
  assert.equal(counts, {
    retries: 3,
    interruptions: 0,
    streak: 1,
    byCategory: { timeout: { retries: 1, streak: 0 } },
  });
});

test('nothing of the counts before is changed', () => {
  const before = Object.freeze(spent('timeout'));
  afterRetry({ policy, counts: before }, { ...on.verdict, category: 'timeout' });
  assert.equal(before, spent('timeout'));
});

test('the chart goes by the count of the failure’s category, and says so', () => {
  const failedWith = (category: ErrorCategory) =>
    ({
      ...on.failed,
      output: { ...on.failed.output, verdict: { ...on.verdict, category } },
    }) as unknown as on.ChartEvent;
  const stage = new OperationStage({ policy }).play(on.start, on.granted, failedWith('timeout'));
  assert.match(stage.context.last.reason?.message ?? '', 'retry 1 of 1 of timeout errors');
  assert.is(stage.context.wait.category, 'timeout');
  stage.play(on.due, on.granted, failedWith('network'));
  assert.match(stage.context.last.reason?.message ?? '', 'retry 1 of 2 in');
  stage.play(on.due, on.granted, failedWith('timeout'));
  assert.equal([stage.value, stage.context.last.reason?.limit], ['exhausted', 'maxRetries']);
});

test.run();
