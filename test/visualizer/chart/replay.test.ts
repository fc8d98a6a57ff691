import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { RecordedTransition } from '../../../visualizer/chart/evidence.ts';
import { replay } from '../../../visualizer/chart/replay.ts';
import { breakerModel, operationModel } from './support/charts.ts';

const test = suite('replay');

const moved = (
  from: string | null,
  to: string,
  event: string,
  kind: string | null,
  attempt?: number,
): RecordedTransition => ({
  from_state: from,
  state: to,
  event,
  attempt,
  reason: kind === null ? null : { kind },
});

const CREATED = moved(null, 'pending', 'create', 'created', 0);
const STARTED = moved('pending', 'in_progress', 'start', null, 1);
const RETRIED = moved('in_progress', 'recovering', 'attempt.failed', 'retry', 1);
const ASK = 'pending.queued|start|0';
const GRANT = 'in_progress.admitting|permit.granted|0';
const RUNNING = 'in_progress.running|xstate.done.actor.attempt';
const DUE = 'recovering.backoff|xstate.done.actor.timer';

test('before anything is recorded, one is where the chart begins', () => {
  const { active, steps, taken } = replay(operationModel, []);
  assert.equal([active, steps.length, taken.size], ['pending.queued', 0, 0]);
  assert.is(replay(breakerModel, []).active, 'closed');
});

test('a start is recorded with its permit, so that it is two arrows', () => {
  const { steps, active, latest } = replay(operationModel, [CREATED, STARTED]);
  assert.equal(
    steps.map(({ taken }) => taken),
    [[], [ASK, GRANT]],
  );
  assert.equal(latest, [ASK, GRANT]);
  assert.is(active, 'in_progress.running');
  assert.equal(
    steps.map(({ exact }) => exact),
    [true, true],
  );
});

test('a request that is denied is a record of its own, and rests where it asks only until then', () => {
  const due = moved('recovering', 'in_progress', 'due', null, 1);
  const denied = moved('in_progress', 'recovering', 'permit.denied', 'circuit_open', 1);
  const { steps } = replay(operationModel, [CREATED, STARTED, RETRIED, due, denied]);
  assert.equal(
    steps.slice(2).map(({ taken, active }) => [taken, active]),
    [
      [[`${RUNNING}|1`], 'recovering.backoff'],
      [[`${DUE}|2`], 'in_progress.admitting'],
      [['in_progress.admitting|permit.denied|0'], 'recovering.blocked'],
    ],
  );
});

test('which request was denied, the next record tells, where there is no number of an attempt', () => {
  const records = [
    moved(null, 'pending', 'create', 'created'),
    moved('pending', 'in_progress', 'start', null),
    moved('in_progress', 'recovering', 'attempt.failed', 'retry'),
    moved('recovering', 'in_progress', 'due', null),
  ];
  assert.equal(replay(operationModel, records).latest, [`${DUE}|2`, GRANT]);
  const denied = moved('in_progress', 'recovering', 'permit.denied', 'circuit_open');
  const { steps, active } = replay(operationModel, [...records, denied]);
  assert.equal(steps[3]?.taken, [`${DUE}|2`]);
  assert.is(active, 'recovering.blocked');
});

test('a deadline that comes while it waits for a slot is told from a fallback that goes on', () => {
  const expired = moved('recovering', 'in_progress', 'slot.expired', 'limit', 1);
  const { steps, active } = replay(operationModel, [CREATED, STARTED, RETRIED, expired]);
  const slot = 'recovering.queued|xstate.done.actor.slot|1';
  assert.equal(
    [steps[3]?.taken, steps[3]?.exact, active],
    [[`${DUE}|0`, slot], true, 'in_progress.falling_back'],
  );
});

test('a wait for a lock, and the turn that comes', () => {
  const waits = moved('pending', 'pending', 'lock.wait', 'lock', 0);
  const granted = moved('pending', 'pending', 'lock.granted', 'lock', 0);
  const { steps } = replay(operationModel, [CREATED, waits, granted, STARTED]);
  assert.equal(
    steps.map(({ taken, active, exact }) => [taken, active, exact]),
    [
      [[], 'pending.queued', true],
      [['pending.queued|lock.wait|0'], 'pending.locked', true],
      [['pending.locked|lock.granted|0'], 'pending.queued', true],
      [[ASK, GRANT], 'in_progress.running', true],
    ],
  );
});

test('what is taken back is followed call by call', () => {
  const taken = moved('in_progress', 'recovering', 'attempt.failed', 'undo', 1);
  const due = moved('recovering', 'in_progress', 'due', 'undo', 1);
  const again = moved('in_progress', 'recovering', 'undo.failed', 'undo_retry', 1);
  const over = moved('in_progress', 'exhausted', 'undo.succeeded', 'limit', 1);
  const { steps } = replay(operationModel, [CREATED, STARTED, taken, due, again, due, over]);
  assert.equal(
    steps.slice(2).map(({ taken, active, exact }) => [taken, active, exact]),
    [
      [[`${RUNNING}|4`], 'recovering.undoing', true],
      [['recovering.undoing|xstate.done.actor.timer|0'], 'in_progress.undoing', true],
      [['in_progress.undoing|xstate.done.actor.undo|0'], 'recovering.undoing', true],
      [['recovering.undoing|xstate.done.actor.timer|0'], 'in_progress.undoing', true],
      [['in_progress.undoing|xstate.done.actor.undo|1'], 'exhausted', true],
    ],
  );
});

test('a cancel that takes back, from an attempt and from a wait', () => {
  const during = moved('in_progress', 'recovering', 'cancel', 'undo', 1);
  const waiting = moved('recovering', 'recovering', 'cancel', 'undo', 1);
  const first = replay(operationModel, [CREATED, STARTED, during]);
  assert.equal(
    [first.latest, first.active],
    [['in_progress.running|cancel|0'], 'recovering.undoing'],
  );
  const second = replay(operationModel, [CREATED, STARTED, RETRIED, waiting]);
  assert.equal([second.latest, second.active], [['|cancel|0'], 'recovering.undoing']);
});

test('nothing comes between a request for a permit and its answer', () => {
  const cancelled = moved('pending', 'failed', 'cancel', 'cancelled', 0);
  const { steps } = replay(operationModel, [CREATED, cancelled]);
  assert.equal([steps[1]?.taken, steps[1]?.exact], [['|cancel|1'], true]);
});

test('whether a retry is due or a fallback is called again, the number of the attempt tells', () => {
  const suspended = moved('in_progress', 'recovering', 'fallback.suspended', 'suspended', 1);
  const ended = moved('in_progress', 'in_progress', 'attempt.failed', 'not_retryable', 1);
  const before = [CREATED, STARTED, ended, suspended];
  const again = replay(operationModel, [
    ...before,
    moved('recovering', 'in_progress', 'due', null, 1),
  ]);
  assert.equal(again.latest, [`${DUE}|1`]);
  assert.is(again.active, 'in_progress.falling_back');
  const granted = replay(operationModel, [
    ...before,
    moved('recovering', 'in_progress', 'due', null, 2),
  ]);
  assert.equal(granted.latest, [`${DUE}|2`, GRANT]);
  // Without the number both are possible.
  const { possible } = replay(operationModel, [
    ...before.map(record => ({ ...record, attempt: undefined })),
    moved('recovering', 'in_progress', 'due', null),
  ]);
  assert.equal([...possible].sort(), ['in_progress.falling_back', 'in_progress.running']);
});

test('a wait for a slot is not recorded: where there may have been one, a replay is not sure', () => {
  const due = moved('recovering', 'in_progress', 'due', null, 2);
  const { steps, possible } = replay(operationModel, [CREATED, STARTED, RETRIED, due]);
  assert.equal(
    steps.map(({ exact }) => exact),
    [true, true, true, false],
  );
  assert.equal(possible, ['in_progress.running']);
  const waiting = replay(operationModel, [CREATED, STARTED, RETRIED]);
  assert.equal(waiting.possible, ['recovering.backoff', 'recovering.queued']);
});

test('one that an operator starts again begins anew', () => {
  const failed = moved('in_progress', 'failed', 'attempt.failed', 'not_retryable', 1);
  const retry = moved('failed', 'pending', 'retry', 'operator_retry', 1);
  const { steps, active, latest } = replay(operationModel, [CREATED, STARTED, failed, retry]);
  assert.is(active, 'pending.queued');
  assert.equal(latest, []);
  assert.is(steps[2]?.active, 'failed');
});

test('the later part of a history is enough', () => {
  const due = moved('recovering', 'in_progress', 'due', null, 3);
  const done = moved('in_progress', 'success', 'attempt.succeeded', 'succeeded', 3);
  const { steps, active } = replay(operationModel, [due, done]);
  assert.equal([steps[0]?.active, active], ['in_progress.running', 'success']);
});

test('after a gap it goes on from what the next record says', () => {
  const cancelled = moved('recovering', 'failed', 'cancel', 'cancelled', 4);
  const { steps, active } = replay(operationModel, [CREATED, STARTED, cancelled]);
  assert.equal(steps.at(-1)?.taken, ['|cancel|1']);
  assert.is(active, 'failed');
});

test('a record that no arrow explains is taken for what it says, and not for sure', () => {
  const odd = moved('in_progress', 'recovering', 'moonrise', 'moon', 1);
  const due = moved('recovering', 'in_progress', 'due', null, 2);
  const { steps, active } = replay(operationModel, [CREATED, STARTED, odd, due]);
  assert.equal(
    [steps[2]?.taken, steps[2]?.active, steps[2]?.exact],
    [[], 'recovering.backoff', false],
  );
  assert.is(active, 'in_progress.running');
  const unknown = replay(operationModel, [moved('pending', 'limbo', 'fall', null)]);
  assert.equal([unknown.active, unknown.steps[0]?.exact], ['limbo', false]);
});

test('a breaker that only notes where it would have opened takes an arrow that leads nowhere', () => {
  const { steps, active, latest } = replay(breakerModel, [
    moved('closed', 'metrics_only', 'configure', 'configured'),
    moved('metrics_only', 'metrics_only', 'failure', 'would_trip'),
  ]);
  assert.is(active, 'metrics_only');
  assert.equal(latest, ['metrics_only|permit.return|1']);
  // A permit comes back by itself or with the end of its operation.
  assert.equal(
    steps.map(({ exact }) => exact),
    [true, false],
  );
});

test('an order to a breaker takes the arrow of its target', () => {
  for (const [index, to] of ['isolated', 'forced_closed', 'metrics_only'].entries()) {
    const { latest, active } = replay(breakerModel, [moved('closed', to, 'force', to)]);
    assert.equal([latest, active], [[`|force|${index}`], to]);
  }
  const reset = moved('isolated', 'closed', 'reset', 'reset');
  assert.equal(replay(breakerModel, [reset]).latest, ['|reset|1']);
});

test('the probes of a half-open breaker are not recorded, and a long history is replayed quickly', () => {
  const round = [
    moved('closed', 'open', 'failure', 'threshold'),
    moved('open', 'half_open', 'due', 'open_timeout'),
    moved('half_open', 'closed', 'success', 'probe_succeeded'),
  ];
  const { possible, active } = replay(breakerModel, round.slice(0, 2));
  assert.equal(possible, ['half_open.waiting', 'half_open.probing']);
  assert.is(active, 'half_open.waiting');
  const long = Array.from({ length: 2_000 }, () => round).flat();
  const { steps } = replay(breakerModel, long);
  assert.is(steps.length, 6_000);
  assert.is(steps.at(-1)?.active, 'closed');
});

test.run();
