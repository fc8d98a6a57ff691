import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ratios, settingsOf } from './support/breaker-settings.ts';
import { BreakerStage } from './support/breaker-stage.ts';

const test = suite('breaker chart: settings and orders');
const opened = () => new BreakerStage().fail(3);
const row = (threshold: number) => ({ kind: 'consecutive', threshold }) as const;

test('settings of an older version, or of the same, change nothing', () => {
  const stage = new BreakerStage().configure(settingsOf({ version: 5, window: row(9) }));
  const { context } = stage;
  stage.configure(settingsOf({ version: 4, window: row(1) }));
  stage.configure(settingsOf({ version: 5, window: row(1) }));
  assert.is(stage.context, context);
});

test('a window keeps what it knows when its settings change', () => {
  const stage = new BreakerStage({ threshold: 9 }).fail(4);
  const window = { kind: 'count', size: 3, ...ratios, failureRatio: 1, minimumCalls: 3 } as const;
  stage.configure(settingsOf({ version: 2, window }));
  assert.equal([stage.rates().calls, stage.rates().failures], [3, 3]);
  stage.back('success').fail(1);
  assert.is(stage.value, 'closed');
  stage.configure(settingsOf({ version: 3, window: row(3) }));
  assert.is(stage.rates().failures, 1);
  const time = { kind: 'time', duration: 600, buckets: 6, ...ratios, minimumCalls: 99 } as const;
  stage.configure(settingsOf({ version: 4, window: time }));
  assert.is(stage.rates().calls, 0, 'order says nothing of instants');
  stage.back('failure', { at: 1_250 }).back('failure', { at: 1_450 });
  stage.configure(settingsOf({ version: 5, window: { ...time, buckets: 3 } }));
  assert.equal([stage.rates(1_450).calls, stage.rates(1_800).calls], [2, 1]);
});

test('a clock that was set back leaves no failures of a future that never comes', () => {
  const window = {
    kind: 'time',
    duration: 1_000,
    buckets: 10,
    ...ratios,
    minimumCalls: 99,
  } as const;
  const stage = new BreakerStage({ settings: { window } });
  stage.back('failure', { at: 50_000 }).back('failure', { at: 49_800 });
  assert.is(stage.rates(49_800).failures, 2, 'a little: still the same while');
  stage.back('failure', { at: 10_000 });
  assert.is(stage.rates(10_000).failures, 1);
});

test('a half-open phase whose numbers change counts anew, and can still end', () => {
  const stage = new BreakerStage({ settings: { permits: 3, successes: 3 } }).fail(3);
  stage.timerEnds(11_000);
  stage.ask('a');
  stage.back('success', { operationId: 'a' });
  stage.configure(settingsOf({ version: 2, permits: 1, successes: 1 }));
  assert.is(stage.announced.at(-1), 1);
  assert.is(stage.ask('b').type, 'permit.granted');
  assert.is(stage.back('success', { operationId: 'b' }).value, 'closed');
});

test('a half-open phase whose numbers stay goes on counting', () => {
  const stage = new BreakerStage({ settings: { permits: 2, successes: 2 } }).fail(3);
  stage.timerEnds(11_000);
  stage.ask('a');
  stage.back('success', { operationId: 'a' });
  stage.configure(settingsOf({ version: 2, permits: 2, successes: 2, probeTimeout: 9 }));
  stage.ask('b');
  assert.is(stage.back('success', { operationId: 'b' }).value, 'closed');
});

test('settings that only count open what was open, and enforcing ones begin anew', () => {
  for (const make of [() => new BreakerStage(), opened, () => opened().timerEnds(11_000)]) {
    const stage = make().configure(settingsOf({ version: 2, mode: 'metrics_only' }));
    assert.is(stage.value, 'metrics_only');
    assert.is(stage.announced.at(-1), null);
    assert.is(stage.fail(9).ask('a').type, 'permit.granted');
    stage.reset();
    assert.is(stage.value, 'metrics_only', 'a reset is no change of settings');
    stage.configure(settingsOf({ version: 3 }));
    assert.equal([stage.value, stage.rates().failures], ['closed', 0]);
  }
});

test('an order has its way with settings until it ends', () => {
  const stage = new BreakerStage().force('isolated', { ttl: 100 });
  stage.configure(settingsOf({ version: 2, mode: 'metrics_only' }));
  assert.is(stage.value, 'isolated');
  assert.is(stage.overrideEnds(1_100).value, 'metrics_only');
  const other = new BreakerStage().force('metrics_only', { ttl: 100 });
  other.configure(settingsOf({ version: 2 }));
  assert.is(other.value, 'metrics_only');
  assert.is(other.overrideEnds(1_100).value, 'closed');
});

test('an order tells who gave it, why and until when, and the next one replaces it', () => {
  const stage = new BreakerStage().force('isolated', { ttl: 100, reason: 'release', by: 'me' });
  assert.equal(stage.context.override, { until: 1_100, reason: 'release', by: 'me' });
  assert.equal(stage.context.last.reason, {
    kind: 'isolated',
    message: 'release',
    dueAt: 1_100,
    by: 'me',
  });
  stage.force('isolated', { at: 1_050, ttl: 900 });
  assert.equal(stage.context.override, { until: 1_950, reason: null, by: null });
  assert.is(stage.overrideEnds(1_950).context.last.reason?.kind, 'override_ended');
});

test('an order without an instant, or with an end that is none, is no order', () => {
  const stage = new BreakerStage();
  const { context } = stage;
  for (const at of [Number.NaN, undefined, '5']) {
    stage.force('isolated', { at: at as number });
    stage.actor.send({ type: 'reset', at: at as number });
  }
  for (const ttl of [-1, Number.NaN, Number.POSITIVE_INFINITY]) stage.force('isolated', { ttl });
  assert.is(stage.context, context);
});

test('successes of a closed breaker change nothing, with a full budget too', () => {
  const budget = { capacity: 10, refillPerSecond: 1 };
  const stage = new BreakerStage({ settings: { budget } });
  const { context } = stage;
  stage.ask('a');
  stage.back('success', { refund: 1 }).ends('success', { refund: 1, duration: 5 });
  assert.is(stage.context, context);
});

test('those who wait for tokens are told when they come back: as many as can be paid, all when it is full', () => {
  const budget = { capacity: 10, refillPerSecond: 0 };
  const stage = new BreakerStage({ settings: { budget } });
  assert.is(stage.ask('a', 1_000, 10).type, 'permit.granted');
  const refused = stage.ask('b', 1_000, 4);
  assert.is(refused.type === 'permit.denied' && refused.breaker, 'budget');
  stage.back('success', { refund: 3 });
  assert.equal(stage.announced, []);
  stage.back('success', { refund: 5 });
  assert.equal(stage.announced, [2]);
  stage.back('success', { refund: 5 });
  assert.equal(stage.announced, [2, null]);
  stage.back('success', { refund: 5 });
  assert.equal(stage.announced, [2, null], 'nobody waits any more');
});

test('an open breaker takes no tokens for a retry that it refuses', () => {
  const budget = { capacity: 10, refillPerSecond: 0 };
  const stage = new BreakerStage({ settings: { budget } }).fail(3);
  const refused = stage.ask('a', 1_000, 4);
  assert.is(refused.type === 'permit.denied' && refused.breaker, 'open');
  assert.is(stage.context.budget?.tokens, 10);
});

test('a budget that shrinks holds no more than fits, and one that comes begins full', () => {
  const stage = new BreakerStage({ settings: { budget: { capacity: 10, refillPerSecond: 0 } } });
  const tokens = () => stage.context.budget?.tokens;
  stage.configure(settingsOf({ version: 2, budget: { capacity: 4, refillPerSecond: 0 } }));
  assert.is(tokens(), 4);
  stage.configure(settingsOf({ version: 3, budget: { capacity: 9, refillPerSecond: 0 } }));
  assert.is(tokens(), 4);
  stage.configure(settingsOf({ version: 4 }));
  assert.is(stage.context.budget, null);
  stage.configure(settingsOf({ version: 5, budget: { capacity: 7, refillPerSecond: 0 } }));
  assert.is(tokens(), 7);
});

test('a probe that comes back after its lease still has its say', () => {
  for (const [outcome, state] of [
    ['success', 'closed'],
    ['failure', 'open'],
  ] as const) {
    const stage = opened().timerEnds(11_000);
    stage.ask('slow');
    stage.leaseEnds(1_500);
    stage.ask('next', 1_600);
    assert.is(stage.back(outcome, { operationId: 'slow' }).value, state);
  }
});

test.run();
