import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { settingsOf } from './support/breaker-settings.ts';
import { BreakerStage } from './support/breaker-stage.ts';
import { inputOf, roundTripped } from './support/controlled.ts';

const test = suite('breaker chart');

const opened = () => new BreakerStage().fail(3);
const halfOpened = () => opened().timerEnds(11_000);

test('a closed breaker grants every permit, with its generation', () => {
  const stage = new BreakerStage();
  assert.equal(stage.ask('a'), {
    type: 'permit.granted',
    generation: 1,
    at: 1_000,
    trigger: 'start',
  });
  assert.is(stage.ask('b').type, 'permit.granted');
  assert.is(stage.value, 'closed');
});

test('failures in a row open it, and not one sooner', () => {
  const stage = new BreakerStage().fail(2);
  assert.is(stage.value, 'closed');
  assert.is(stage.rates().failures, 2);
  stage.fail(1);
  assert.is(stage.value, 'open');
  assert.is(stage.context.generation, 2);
  assert.is(stage.context.last.reason?.kind, 'threshold');
});

test('a success ends the row, an ignored outcome does not', () => {
  const stage = new BreakerStage().fail(2).back('success').fail(2).back('ignored');
  assert.is(stage.value, 'closed');
  assert.is(stage.rates().failures, 2);
  stage.fail(1);
  assert.is(stage.value, 'open');
});

test('the outcome that comes with the end of an operation counts the same', () => {
  const stage = new BreakerStage().fail(2);
  stage.ends('failure');
  assert.is(stage.value, 'open');
  const other = new BreakerStage().fail(2);
  other.ends('success');
  assert.is(other.rates().failures, 0);
  other.actor.send({
    type: 'xstate.done.actor.operation.x',
    output: { permit: null },
  });
  assert.is(other.rates().failures, 0);
});

test('openUntil is drawn once, from the instant of the last failure, and is what its timer waits for', () => {
  const stage = opened();
  assert.is(stage.context.openUntil, 1_000 + 10_000);
  assert.equal(inputOf(stage.actor, 'timer'), { dueAt: 11_000 });
  assert.equal(stage.ask('a'), {
    type: 'permit.denied',
    breaker: 'open',
    retryAt: 11_000,
    at: 1_000,
  });
});

test('a restored open breaker waits for the same instant', () => {
  const snapshot = roundTripped(opened().actor.getPersistedSnapshot());
  const restored = new BreakerStage({ snapshot });
  assert.is(restored.value, 'open');
  assert.equal(inputOf(restored.actor, 'timer'), { dueAt: 11_000 });
  restored.timerEnds(11_000);
  assert.equal(restored.value, { half_open: 'waiting' });
});

test('half open, one probe is let through and the others are told until when', () => {
  const stage = halfOpened();
  assert.equal(stage.announced, [1]);
  assert.is(stage.ask('probe').type, 'permit.granted');
  assert.equal(stage.value, { half_open: 'probing' });
  assert.equal(stage.ask('other'), {
    type: 'permit.denied',
    breaker: 'half_open',
    retryAt: 1_000 + 500,
    at: 1_000,
  });
});

test('a probe that succeeds closes it, and all may ask again', () => {
  const stage = halfOpened();
  stage.ask('probe');
  stage.back('success', { operationId: 'probe' });
  assert.is(stage.value, 'closed');
  assert.equal(stage.announced, [1, null]);
  assert.is(stage.context.last.reason?.kind, 'probe_succeeded');
  assert.equal(stage.context.probes, []);
});

test('a probe that fails opens it for another full time', () => {
  const stage = halfOpened();
  stage.ask('probe');
  stage.back('failure', { operationId: 'probe', at: 12_000 });
  assert.is(stage.value, 'open');
  assert.is(stage.context.openUntil, 22_000);
  assert.is(stage.context.last.reason?.kind, 'probe_failed');
});

test('a probe whose outcome is ignored gives its permit to the next', () => {
  const stage = halfOpened();
  stage.ask('probe');
  stage.back('ignored', { operationId: 'somebody else' });
  assert.equal(stage.value, { half_open: 'probing' });
  stage.back('ignored', { operationId: 'probe' });
  assert.equal(stage.value, { half_open: 'waiting' });
  assert.equal(stage.announced, [1, 1]);
});

test('the permit of a probe that hangs comes back when its lease ends, restored breakers included', () => {
  for (const restart of [false, true]) {
    let stage = halfOpened();
    stage.ask('probe');
    if (restart) {
      stage = new BreakerStage({ snapshot: roundTripped(stage.actor.getPersistedSnapshot()) });
    }
    assert.equal(inputOf(stage.actor, 'lease'), { dueAt: 1_500 });
    stage.leaseEnds(1_500);
    assert.equal(stage.value, { half_open: 'waiting' });
    assert.is(stage.announced.at(-1), 1);
    assert.is(stage.ask('next').type, 'permit.granted');
  }
});

test('late outcomes of older generations never move it', () => {
  for (const outcome of ['success', 'failure', 'ignored'] as const) {
    for (const make of [
      () => opened(),
      () => halfOpened(),
      () => {
        const stage = halfOpened();
        stage.ask('probe');
        return stage;
      },
      () => {
        const stage = halfOpened();
        stage.ask('probe');
        return stage.back('success', { operationId: 'probe' });
      },
    ]) {
      const stage = make();
      const before = stage.actor.getSnapshot();
      for (let generation = 1; generation < before.context.generation; generation++) {
        for (let times = 0; times < 5; times++) {
          stage.back(outcome, { generation, operationId: 'probe' });
          stage.ends(outcome, { generation, operationId: 'probe' });
        }
      }
      assert.equal(stage.value, before.value);
      assert.is(stage.context, before.context);
    }
  }
});

test('an isolated breaker denies without an end until it is reset', () => {
  for (const make of [() => new BreakerStage(), opened, halfOpened]) {
    const stage = make();
    stage.force('isolated', { at: 20_000, reason: 'maintenance', by: 'me' });
    assert.is(stage.value, 'isolated');
    assert.is(stage.context.openUntil, null);
    const answer = stage.ask('a');
    assert.is(answer.type === 'permit.denied' && answer.retryAt, null);
    stage.back('success', { generation: stage.context.generation });
    assert.is(stage.value, 'isolated');
    stage.actor.send({ type: 'reset', at: 30_000, by: 'me' });
    assert.is(stage.value, 'closed');
    assert.is(stage.announced.at(-1), null);
    assert.equal(stage.context.last.reason, {
      kind: 'reset',
      message: 'closed by an operator',
      by: 'me',
    });
  }
});

test('open and half-open ones can be reset too', () => {
  for (const make of [opened, halfOpened]) {
    const stage = make();
    stage.actor.send({ type: 'reset', at: 2_000 });
    assert.is(stage.value, 'closed');
    assert.is(stage.rates().failures, 0);
  }
});

test('without a threshold it never opens', () => {
  const stage = new BreakerStage({ threshold: null }).fail(100);
  assert.is(stage.value, 'closed');
});

test('settings change for what comes, in every state', () => {
  const stage = new BreakerStage().fail(2);
  stage.configure(settingsOf({ version: 2, window: { kind: 'consecutive', threshold: 5 } }));
  stage.actor.send({ type: 'open_time.drawn', delay: 50 });
  stage.fail(2);
  assert.is(stage.value, 'closed');
  stage.fail(1);
  assert.is(stage.context.openUntil, 1_050);
});

test('an operation actor that breaks does not take it along', () => {
  const stage = new BreakerStage();
  stage.actor.send({ type: 'xstate.error.actor.operation.x', error: 'it broke' });
  assert.is(stage.actor.getSnapshot().status, 'active');
});

test('each change of state has a number of its own, without gaps', () => {
  const stage = halfOpened();
  assert.is(stage.context.last.seq, 2);
  stage.ask('probe');
  stage.back('failure', { operationId: 'probe' });
  assert.is(stage.context.last.seq, 3);
});

test.run();
