import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  resolveBudget,
  resolveRateLimit,
  resolveRecordFailure,
} from '../../../services/runtime/breaker-policy.ts';

const test = suite('breaker options, resolved');

test('a budget has a price for each category, a time-out twice that', () => {
  assert.is(resolveBudget(), null);
  assert.is(resolveBudget(false), null);
  assert.is(resolveBudget({ whenEmpty: 'wait' })?.refillPerSecond, 1);
  assert.is(resolveBudget({ whenEmpty: 'wait', refillPerSecond: 0 })?.refillPerSecond, 0);
  assert.equal(resolveBudget({}), {
    capacity: 500,
    costs: { network: 5, timeout: 10, validation: 5, permission: 5, resource: 5, unknown: 5 },
    refund: 1,
    refillPerSecond: 0,
    whenEmpty: 'fail',
  });
  assert.equal(resolveBudget({ cost: 2, costs: { network: 1, resource: 0 } })?.costs, {
    network: 1,
    timeout: 4,
    validation: 2,
    permission: 2,
    resource: 0,
    unknown: 2,
  });
  assert.is(resolveBudget({ costs: { timeout: 7 } })?.costs.timeout, 7);
});

test('no price that nobody chose exceeds a full bucket', () => {
  const small = resolveBudget({ capacity: 3 });
  assert.equal([small?.costs.network, small?.costs.timeout], [3, 3]);
  const cheap = resolveBudget({ capacity: 3, cost: 2 });
  assert.equal([cheap?.costs.network, cheap?.costs.timeout], [2, 3]);
});

test('a rate has a burst of its limit', () => {
  assert.is(resolveRateLimit(undefined), null);
  assert.equal(resolveRateLimit({ limit: 3, interval: 9 }), { limit: 3, interval: 9, burst: 3 });
  assert.is(resolveRateLimit({ limit: 3, interval: 9, burst: 1 })?.burst, 1);
});

test('failures that are the caller’s own do not count, unless the definition says so', () => {
  const counts = resolveRecordFailure({});
  for (const category of ['network', 'timeout', 'resource', 'unknown'] as const) {
    assert.is(counts(category, null), true);
  }
  for (const category of ['validation', 'permission'] as const) {
    assert.is(counts(category, null), false);
  }
  const own = resolveRecordFailure({ recordFailure: category => category === 'validation' });
  assert.equal([own('validation', null), own('network', null)], [true, false]);
});

test.run();
