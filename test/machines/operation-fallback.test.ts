import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { inputOf } from './support/controlled.ts';
import * as on from './support/operation-events.ts';
import { AT, OperationStage } from './support/operation-stage.ts';

const test = suite('operation chart: the fallback');

const policy = { fallback: true } as const;
const staged = (...events: readonly on.ChartEvent[]) =>
  new OperationStage({ policy }).play(on.start, ...events);
const FALLING_BACK = { in_progress: 'falling_back' };

/** What leads to the fallback, the state that it stands in for, and the reason of that. */
const LEADS = [
  ['a failure that is not retryable', [on.granted, on.refused], 'failed', 'not_retryable'],
  [
    'retries that ran out',
    [on.granted, on.failed, on.due, on.granted, on.failed],
    'exhausted',
    'limit',
  ],
  ['time that ran out', [on.granted, on.outOfTime], 'exhausted', 'limit'],
  [
    'one interruption too many',
    [on.granted, on.interrupted, on.due, on.granted, on.interrupted],
    'exhausted',
    'limit',
  ],
  ['an open breaker', [on.denied], 'failed', 'circuit_open'],
] as const;

for (const [title, events, ending, kind] of LEADS) {
  test(`${title} leads to it, with the reason recorded and the permit given back`, () => {
    const stage = staged(...events);
    assert.equal(stage.value, FALLING_BACK);
    assert.is(stage.context.last.reason?.kind, kind);
    assert.is(stage.context.ending?.state, ending);
    assert.is(stage.context.held, null);
    assert.is(
      stage.toldOf('permit.return').length,
      events.filter(event => event === on.granted).length,
    );
    assert.equal(inputOf(stage.actor, 'fallback'), {
      operationId: 'o-1',
      attempt: stage.context.attempt,
    });
  });

  test(`${title}: a fallback that fails leaves the ending as it would have been`, () => {
    const plain = new OperationStage().play(on.start, ...events);
    for (const event of [on.fallbackFailed, on.fallbackBroken]) {
      const stage = staged(...events, event);
      assert.is(stage.value, ending);
      assert.is(stage.value, plain.value);
      assert.equal(stage.context.error, plain.context.error);
      const { message, fallback, ...reason } = stage.context.last.reason ?? { message: '' };
      const { message: before, ...expected } = plain.context.last.reason ?? { message: '' };
      assert.equal(reason, expected);
      assert.match(message, `${before}; its fallback failed too: `);
      assert.ok(fallback?.message);
      assert.equal(stage.actor.getSnapshot().output, { permit: null });
    }
  });
}

test('what it gives is a success of which history says where it came from', () => {
  const stage = staged(on.granted, on.refused);
  const { seq } = stage.context.last;
  stage.play(on.fallbackSucceeded);
  assert.is(stage.value, 'success');
  const { last, error } = stage.context;
  assert.equal(
    [last.seq, last.event, last.reason?.kind],
    [seq + 1, 'fallback.succeeded', 'fallback'],
  );
  assert.match(last.reason?.message ?? '', 'reset; validation errors like this are not retried');
  assert.is(error, null);
  assert.equal(stage.actor.getSnapshot().output, { permit: null });
});

test('a cancel does not lead to it, and ends it', () => {
  for (const before of [[], [on.granted], [on.granted, on.failed], [on.granted, on.refused]]) {
    const stage = staged(...before);
    const { fallback } = stage.actor.getSnapshot().children;
    stage.play(on.cancel);
    assert.is(stage.value, 'failed');
    assert.is(stage.context.last.reason?.kind, 'cancelled');
    if (fallback !== undefined) assert.is(fallback.getSnapshot().status, 'stopped');
  }
});

test('an attempt actor that breaks does not lead to it', () => {
  assert.is(staged(on.granted, on.broken).value, 'failed');
});

test('cut short, it is called again without a permit; a death counts as an interruption, a shutdown does not', () => {
  for (const [event, interruptions] of [
    [on.fallbackInterrupted, 1],
    [on.fallbackSuspended, 0],
  ] as const) {
    const stage = staged(on.granted, on.refused, event);
    assert.equal(stage.value, { recovering: 'backoff' });
    assert.is(stage.context.counts.interruptions, interruptions);
    assert.equal(inputOf(stage.actor, 'timer'), { dueAt: AT });
    stage.play(on.due);
    assert.equal(stage.value, FALLING_BACK);
    assert.is(stage.toldOf('permit.request').length, 1);
    stage.play(on.fallbackFailed);
    assert.is(stage.value, 'failed');
    assert.is(stage.context.last.reason?.kind, 'not_retryable');
  }
});

test('interrupted too often, it ends as it would have without it', () => {
  const stage = staged(on.granted, on.outOfTime, on.fallbackInterrupted, on.due);
  stage.play(on.fallbackInterrupted);
  assert.is(stage.value, 'exhausted');
  const { reason } = stage.context.last;
  assert.equal([reason?.limit, reason?.fallback?.name], ['totalTimeout', 'InterruptedError']);
});

test('with slots, one that was cut short waits for a slot again', () => {
  const stage = new OperationStage({ policy: { ...policy, limited: true } });
  stage.play(on.start, on.granted, on.refused, on.fallbackSuspended, on.due);
  assert.equal(stage.value, { recovering: 'queued' });
  stage.play(on.slotFree);
  assert.equal(stage.value, FALLING_BACK);
});

test('a deadline that comes before it began, at the gate or in the queue leads to it', () => {
  const limited = { ...policy, limited: true, whenOpen: 'wait' } as const;
  for (const events of [
    [on.expire],
    [on.start, on.denied, on.expired],
    [on.start, on.denied, on.released, on.slotExpired],
  ]) {
    const stage = new OperationStage({ policy: limited }).play(...events);
    assert.equal(stage.value, FALLING_BACK);
    assert.is(stage.context.ending?.reason.limit, 'totalTimeout');
    assert.is(stage.context.wait.dueAt, null);
  }
});

test.run();
