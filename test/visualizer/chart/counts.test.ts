import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { seededRandom } from '../../../adapters/testing/index.ts';
import { arrowCounts, type CountRow } from '../../../visualizer/chart/counts.ts';
import type { RecordedTransition } from '../../../visualizer/chart/evidence.ts';
import type { ChartModel } from '../../../visualizer/chart/model.ts';
import { variantSettings, variants } from '../../machines/support/breaker-events.ts';
import { BreakerWalk } from './support/breaker-walk.ts';
import { breakerModel, operationModel } from './support/charts.ts';
import { OperationWalk } from './support/operation-walk.ts';

/** Hundreds of histories. */
export const suiteTimeout = 60_000;

const test = suite('arrow counts');

/** Records that are alike, in one row. */
function rowsOf(histories: readonly (readonly RecordedTransition[])[]): readonly CountRow[] {
  const rows = new Map<string, CountRow>();
  for (const { from_state: from, state: to, event, reason } of histories.flat()) {
    const key = JSON.stringify([from, to, event, reason?.kind]);
    const count = (rows.get(key)?.count ?? 0) + 1;
    rows.set(key, { from, to, event, reason_kind: reason?.kind ?? null, count });
  }
  return [...rows.values()];
}

interface Walked {
  readonly history: readonly RecordedTransition[];
  readonly taken: readonly (readonly string[])[];
  readonly pending: readonly string[];
}

/** What is counted is what the machines have really done, as far as it can be known. Gives back how many counts are exact. */
function assertBounds(model: ChartModel, walks: readonly Walked[]): number {
  const { counts, never, unexplained } = arrowCounts(model, rowsOf(walks.map(w => w.history)));
  assert.is(unexplained, 0);
  const really = new Map<string, number>();
  for (const id of walks.flatMap(({ taken, pending }) => [...taken.flat(), ...pending])) {
    really.set(id, (really.get(id) ?? 0) + 1);
  }
  for (const [id, { least, most, estimate }] of counts) {
    const count = really.get(id) ?? 0;
    assert.ok(least <= count && count <= most, `${id}: ${least} <= ${count} <= ${most}`);
    assert.ok(least <= estimate && estimate <= most, `${id}: ${least} <= ${estimate} <= ${most}`);
  }
  for (const id of never) assert.not(really.has(id), id);
  return [...counts.values()].filter(({ least, most }) => least === most && most > 0).length;
}

const POLICIES = [
  {},
  { whenOpen: 'wait', maxRetries: 5 },
  { fallback: true, maxInterruptions: 3 },
  { lock: 'disk', limited: true, whenOpen: 'wait' },
  { undoRetries: 1, whenOpen: 'wait', maxRetries: 3, limited: true },
  { undoRetries: 1, fallback: true, maxRetries: 0 },
  { limited: true, whenOpen: 'wait', fallback: true, maxRetries: 9, maxInterruptions: 9 },
] as const;

for (const [index, policy] of POLICIES.entries()) {
  test(`operations of policy ${index + 1}: every count is within its bounds, and what is never taken is not`, () => {
    for (let seed = 1; seed <= 5; seed++) {
      const random = seededRandom(seed);
      const walks = Array.from({ length: 60 }, () => {
        const walk = new OperationWalk(policy, random);
        for (let step = 0; step < 40 && !walk.ended; step++) walk.step();
        return walk;
      });
      const exact = assertBounds(operationModel, walks);
      assert.ok(exact > 8, `${exact} exact`);
    }
  });
}

for (const [title, settings, events] of variants) {
  test(`breakers with ${title}: every count is within its bounds, and what is never taken is not`, () => {
    const walks = Array.from({ length: 60 }, (_, seed) => {
      const walk = new BreakerWalk(variantSettings(settings), events, seededRandom(seed));
      for (let step = 0; step < 60; step++) walk.step();
      return walk;
    });
    assertBounds(breakerModel, walks);
  });
}

const row = (
  from: string | null,
  to: string,
  event: string,
  kind: string | null,
  count: number,
): CountRow => ({ from, to, event, reason_kind: kind, count });

const RUNNING = 'in_progress.running|xstate.done.actor.attempt';

test('ten operations of which two are retried and one fails: exact, and the rest is never taken', () => {
  const { counts, never } = arrowCounts(operationModel, [
    row(null, 'pending', 'create', 'created', 10),
    row('pending', 'in_progress', 'start', null, 10),
    row('in_progress', 'recovering', 'attempt.failed', 'retry', 2),
    row('recovering', 'in_progress', 'due', null, 2),
    row('in_progress', 'success', 'attempt.succeeded', 'succeeded', 9),
    row('in_progress', 'failed', 'attempt.failed', 'not_retryable', 1),
  ]);
  const timer = 'recovering.backoff|xstate.done.actor.timer';
  const exactly = (count: number) => ({ least: count, most: count, estimate: count });
  assert.equal(counts.get('pending.queued|start|0'), exactly(10));
  assert.equal(counts.get('in_progress.admitting|permit.granted|0'), exactly(12));
  assert.equal(counts.get(`${RUNNING}|0`), exactly(9));
  assert.equal(counts.get(`${RUNNING}|1`), exactly(2));
  assert.equal(counts.get(`${RUNNING}|6`), exactly(1));
  // A wait for a slot would have been recorded the same.
  assert.equal(counts.get(`${timer}|2`), { least: 0, most: 2, estimate: 2 });
  const denial = 'in_progress.admitting|permit.denied|0';
  // A fallback is called again only after one was cut short.
  for (const id of ['|cancel|0', `${RUNNING}|4`, denial, `${timer}|1`]) {
    assert.ok(never.includes(id), id);
  }
  assert.ok(never.some(id => id.startsWith('recovering.blocked|')));
  assert.not(never.some(id => id.startsWith('recovering.queued|xstate.done.actor.slot|4')));
});

test('denials are no grants, and what waited for the breaker comes from there', () => {
  const { counts } = arrowCounts(operationModel, [
    row(null, 'pending', 'create', 'created', 5),
    row('pending', 'in_progress', 'start', null, 5),
    row('in_progress', 'recovering', 'permit.denied', 'circuit_open', 3),
    row('recovering', 'in_progress', 'due', null, 3),
    row('in_progress', 'success', 'attempt.succeeded', 'succeeded', 5),
  ]);
  const estimates = (id: string) => counts.get(id)?.estimate;
  assert.equal(counts.get('in_progress.admitting|permit.granted|0'), {
    least: 5,
    most: 5,
    estimate: 5,
  });
  assert.is(estimates('recovering.blocked|xstate.done.actor.gate|4'), 3);
  assert.is(estimates('recovering.backoff|xstate.done.actor.timer|2') ?? 0, 0);
});

test('a deadline that came while it waited for its breaker is no grant', () => {
  const { counts } = arrowCounts(operationModel, [
    row(null, 'pending', 'create', 'created', 2),
    row('pending', 'in_progress', 'start', null, 2),
    row('in_progress', 'recovering', 'permit.denied', 'circuit_open', 2),
    row('recovering', 'in_progress', 'gate.expired', 'limit', 2),
  ]);
  assert.is(counts.get('in_progress.admitting|permit.granted|0')?.most, 0);
});

test('what may have left one of two states is shared out so that each is left as often as it was entered', () => {
  const { counts } = arrowCounts(operationModel, [
    row(null, 'pending', 'create', 'created', 9),
    row('pending', 'in_progress', 'start', null, 9),
    row('in_progress', 'recovering', 'attempt.failed', 'retry', 4),
    row('in_progress', 'recovering', 'permit.denied', 'circuit_open', 3),
    row('recovering', 'in_progress', 'due', null, 7),
  ]);
  assert.equal(counts.get('recovering.backoff|xstate.done.actor.timer|2'), {
    least: 0,
    most: 7,
    estimate: 4,
  });
  assert.is(counts.get('recovering.blocked|xstate.done.actor.gate|4')?.estimate, 3);
});

test('records that no arrow explains are told', () => {
  const { unexplained } = arrowCounts(operationModel, [
    row('pending', 'success', 'miracle', null, 4),
    row('pending', 'in_progress', 'start', null, 1),
  ]);
  assert.is(unexplained, 4);
});

test.run();
