import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseBreakerSnapshot } from '../../../services/runtime/stored-breakers.ts';
import { ratios, settingsOf } from '../../machines/support/breaker-settings.ts';
import { BreakerStage } from '../../machines/support/breaker-stage.ts';
import { inputOf, roundTripped } from '../../machines/support/controlled.ts';
import { SimulatedFailure } from '../../machines/support/simulated-failure.ts';

const test = suite('stored breakers');

/** As version 1 of the chart stored them. */
const version1 = (value: unknown, changed: object, children: object = {}) => ({
  status: 'active',
  value,
  historyValue: {},
  context: {
    v: 1,
    key: 'host',
    threshold: 3,
    openTimeout: 10_000,
    probeTimeout: 500,
    failures: 0,
    generation: 4,
    openUntil: null,
    probe: null,
    seq: 3,
    event: 'failure',
    at: 1_000,
    reason: null,
    ...changed,
  },
  children,
});
const timer = (dueAt: number) => ({
  src: 'timer',
  syncSnapshot: false,
  snapshot: { status: 'active', input: { dueAt } },
});

function restored(stored: unknown): BreakerStage {
  const parsed = parseBreakerSnapshot(roundTripped(stored));
  if (parsed.ok) return new BreakerStage({ snapshot: parsed.snapshot });
  throw new SimulatedFailure(parsed.why);
}

test('a closed breaker of version 1 goes on with the failures that it has counted', () => {
  const stage = restored(version1('closed', { failures: 2 }));
  assert.is(stage.fail(1).value, 'open');
  assert.is(stage.context.openUntil, 11_000);
  assert.is(stage.context.last.seq, 4);
});

test('an open one of version 1 waits for the same instant', () => {
  const stage = restored(version1('open', { openUntil: 7_000 }, { timer: timer(7_000) }));
  assert.equal(inputOf(stage.actor, 'timer'), { dueAt: 7_000 });
  assert.is(stage.context.openings, 1, 'it has opened, so the next time is another one');
  assert.equal(stage.timerEnds(7_000).value, { half_open: 'waiting' });
});

test('a probe of version 1 still has its lease', () => {
  const probe = { operationId: 'p', until: 1_500 };
  const half = { half_open: 'probing' };
  const stage = restored(version1(half, { probe }, { lease: timer(1_500) }));
  assert.is(stage.ask('other').type, 'permit.denied');
  assert.is(stage.back('success', { operationId: 'p', generation: 4 }).value, 'closed');
  const hung = restored(version1(half, { probe }, { lease: timer(1_500) })).leaseEnds(1_500);
  assert.is(hung.ask('other').type, 'permit.granted');
});

test('an isolated one of version 1 stays so until it is reset', () => {
  const stage = restored(version1('isolated', {}));
  assert.is(stage.ask('a').type, 'permit.denied');
  assert.equal(inputOf(stage.actor, 'override'), { dueAt: null });
  const again = stage.restarted();
  assert.is(again.reset(2_000).value, 'closed');
});

/** One of each state, of version 2. */
const stages: Readonly<Record<string, () => BreakerStage>> = {
  closed: () => new BreakerStage().fail(1),
  'count window': () =>
    new BreakerStage({
      settings: { window: { kind: 'count', size: 4, ...ratios, minimumCalls: 4 } },
    }).fail(2),
  'time window': () =>
    new BreakerStage({
      settings: { window: { kind: 'time', duration: 60, buckets: 6, ...ratios, minimumCalls: 4 } },
    }).fail(2),
  budget: () => new BreakerStage({ settings: { budget: { capacity: 9, refillPerSecond: 0.5 } } }),
  open: () => new BreakerStage().fail(3),
  waiting: () => new BreakerStage().fail(3).timerEnds(11_000),
  probing: () => {
    const stage = new BreakerStage().fail(3).timerEnds(11_000);
    stage.ask('p');
    return stage;
  },
  isolated: () => new BreakerStage().force('isolated', { ttl: 5 }),
  forced_closed: () => new BreakerStage().force('forced_closed'),
  metrics_only: () => new BreakerStage().force('metrics_only', { ttl: 5, reason: 'r', by: 'b' }),
};
const storedOf = (make: () => BreakerStage) =>
  roundTripped(make().actor.getPersistedSnapshot()) as unknown as Record<string, unknown> & {
    context: Record<string, unknown>;
    children: Record<string, unknown>;
  };

for (const [name, make] of Object.entries(stages)) {
  test(`what is stored fits: ${name}`, () => {
    assert.is(restored(storedOf(make)).value.toString(), make().value.toString());
  });

  test(`no part of it can be missing or of another type: ${name}`, () => {
    const whole = storedOf(make);
    for (const key of Object.keys(whole.context)) {
      for (const wrong of [undefined, 'x', [[]], Number.NaN]) {
        if (key === 'key' && wrong === 'x') continue;
        const damaged = { ...whole, context: { ...whole.context, [key]: wrong } };
        const parsed = parseBreakerSnapshot(damaged);
        assert.is(parsed.ok, false, `${key}: ${String(wrong)}`);
      }
    }
    for (const id of Object.keys(whole.children)) {
      assert.is(parseBreakerSnapshot({ ...whole, children: {} }).ok, false, `without ${id}`);
    }
  });
}

test('windows and budgets whose parts contradict each other do not fit', () => {
  const count = storedOf(stages['count window'] as () => BreakerStage);
  const budget = storedOf(stages.budget as () => BreakerStage);
  const window = count.context.window as object;
  const changed = (part: object) => ({
    ...count,
    context: { ...count.context, window: { ...window, ...part } },
  });
  const damaged = [
    changed({ failures: 3 }),
    changed({ slow: 3 }),
    changed({ calls: 5, failures: 0 }),
    changed({ next: 4 }),
    changed({ words: [] }),
    changed({ words: [2 ** 31] }),
    changed({ kind: 'consecutive' }),
    { ...budget, context: { ...budget.context, settings: settingsOf() } },
    { ...budget, context: { ...budget.context, budget: null } },
  ];
  for (const [index, stored] of damaged.entries()) {
    assert.is(parseBreakerSnapshot(stored).ok, false, `damage ${index}`);
  }
});

test('versions of the configuration count within a process', () => {
  const stage = new BreakerStage().configure(settingsOf({ version: 7 }));
  const again = restored(stage.actor.getPersistedSnapshot());
  again.configure(settingsOf({ version: 1, window: { kind: 'consecutive', threshold: 1 } }));
  assert.is(again.fail(1).value, 'open');
});

test.run();
