import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { initial } from '../../machines/breaker/decisions.ts';
import { forgettable, letsThrough } from '../../machines/breaker/knowledge.ts';
import type { BreakerContext, BreakerSettings } from '../../machines/breaker/types.ts';
import { counted } from '../../machines/breaker/window.ts';
import type { BreakerState } from '../../machines/vocabulary.ts';

const test = suite('what is lost with a breaker');

const ratios = { failureRatio: 0.5, minimumCalls: 1, slowCallDuration: 10, slowCallRatio: 1 };
const settings: BreakerSettings = {
  version: 1,
  mode: 'enforce',
  window: { kind: 'consecutive', threshold: 5 },
  probeTimeout: 1_000,
  permits: 2,
  successes: 2,
  budget: null,
  rate: null,
};

function context(parts: Partial<BreakerContext> = {}, own: Partial<BreakerSettings> = {}) {
  const input = { key: 'k', at: 0, settings: { ...settings, ...own }, nextOpen: { delay: 100 } };
  return { ...initial(input), ...parts };
}

/** The instants, after a last change at 0, at which it may be forgotten. */
function mayGo(parts: BreakerContext, state: BreakerState = 'closed'): readonly number[] {
  return [0, 50, 100, 101, 1_000_000].filter(at => forgettable(state, parts, 0, at));
}

const always = [0, 50, 100, 101, 1_000_000];
const after = [101, 1_000_000];
const count = { kind: 'count', size: 9, ...ratios } as const;
const call = { failed: false, slow: false, at: 0 };

test('one that has counted no failure may go at any time', () => {
  assert.equal(mayGo(context()), always);
  assert.equal(mayGo(context(), 'metrics_only'), always);
  const { window } = context({}, { window: count });
  assert.equal(mayGo(context({ window: counted(window, call) }, { window: count })), always);
});

test('failures and slow calls keep it for as long as it would have stayed open', () => {
  assert.equal(mayGo(context({ window: { kind: 'consecutive', failures: 1 } })), after);
  const { window } = context({}, { window: count });
  for (const kind of ['failed', 'slow']) {
    const bad = counted(window, { ...call, [kind]: true });
    assert.equal(mayGo(context({ window: bad }, { window: count })), after, kind);
  }
});

test('a window of time is kept for as long as it looks back, if that is longer', () => {
  const time = { kind: 'time', duration: 5_000, buckets: 5, ...ratios } as const;
  const { window } = context({}, { window: time });
  const bad = context({ window: counted(window, { ...call, failed: true }) }, { window: time });
  assert.is(forgettable('closed', bad, 0, 4_000), false);
  assert.is(forgettable('closed', bad, 0, 6_000), true);
});

test('a half-open one is kept for as long as it would have stayed open, and while a probe is out', () => {
  assert.equal(mayGo(context(), 'half_open'), after);
  const probes = [{ operationId: 'a', until: 9 }];
  assert.equal(mayGo(context({ probes }), 'half_open'), []);
});

test('an open one and one with an order in force are kept', () => {
  assert.equal(mayGo(context({ openUntil: 50 }), 'open'), []);
  const override = { until: null, reason: null, by: null };
  for (const state of ['isolated', 'forced_closed', 'metrics_only'] as const) {
    assert.equal(mayGo(context({ override }), state), [], state);
  }
});

test('a budget keeps it until it is full again, or was not touched for as long as it would have stayed open', () => {
  const spent = (refillPerSecond: number) =>
    context(
      { budget: { tokens: 9, at: 0, wanted: null } },
      { budget: { capacity: 10, refillPerSecond } },
    );
  assert.equal(mayGo(spent(0)), after);
  assert.equal(mayGo(spent(20)), [50, 100, 101, 1_000_000]);
});

test('a rate keeps it until it lets a whole burst through', () => {
  const rate = { limit: 1, interval: 10_000, burst: 1 };
  assert.equal(mayGo(context({ rate: 10_000 }, { rate })), [1_000_000]);
  assert.equal(mayGo(context({ rate: 50 }, { rate })), [50, 100, 101, 1_000_000]);
});

test('it is worth asking while something may be let through', () => {
  assert.is(letsThrough('closed', context()), true);
  assert.is(letsThrough('forced_closed', context()), true);
  assert.is(letsThrough('metrics_only', context()), true);
  assert.is(letsThrough('open', context()), false);
  assert.is(letsThrough('isolated', context()), false);
  assert.is(letsThrough('half_open', context()), true);
  const probes = ['a', 'b'].map(operationId => ({ operationId, until: 9 }));
  assert.is(letsThrough('half_open', context({ probes })), false);
});

test.run();
