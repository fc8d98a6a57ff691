import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { AttemptOutcome, Verdict } from '../../machines/operation/types.ts';
import { inputOf } from './support/controlled.ts';
import * as on from './support/operation-events.ts';
import { AT, OperationStage } from './support/operation-stage.ts';

const test = suite('operation chart: permits, budget and slots');

const attempted = (output: AttemptOutcome) =>
  ({ type: 'xstate.done.actor.attempt', output }) as unknown as on.ChartEvent;
const failedWith = (verdict: Partial<Verdict>, duration?: number) =>
  attempted({
    kind: 'failed',
    at: AT,
    error: on.error,
    verdict: { ...on.verdict, ...verdict },
    ...(duration === undefined ? {} : { duration }),
  });
const paysFirst = { maxRetries: 5, budget: { whenEmpty: 'fail', refund: 1 } } as const;
const paysLater = { maxRetries: 5, budget: { whenEmpty: 'wait', refund: 1 } } as const;

/** What a finished operation hands its parent. */
const permitOf = (stage: OperationStage) => stage.actor.getSnapshot().output?.permit;

test('what does not apply is left out of requests and returns', () => {
  const stage = new OperationStage().play(on.start, on.granted, on.failed);
  assert.equal(Object.keys(stage.toldOf('permit.request')[0] ?? {}).sort(), [
    'at',
    'from',
    'operationId',
    'trigger',
    'type',
  ]);
  assert.equal(Object.keys(stage.toldOf('permit.return')[0] ?? {}).sort(), [
    'at',
    'generation',
    'message',
    'operationId',
    'outcome',
    'type',
  ]);
});

test('how long a call took and what the server asked for go back with the permit', () => {
  const stage = new OperationStage().play(on.start, on.granted);
  stage.play(failedWith({ retryAfter: 9_000 }, 70));
  const [told] = stage.toldOf('permit.return');
  assert.equal([told?.duration, told?.retryAfter, told?.outcome], [70, 9_000, 'failure']);
  assert.is(stage.context.last.reason?.retryAfter, 9_000);
  stage.play(on.due, on.granted, attempted({ kind: 'succeeded', at: AT, duration: 30 }));
  assert.equal([permitOf(stage)?.duration, permitOf(stage)?.retryAfter], [30, undefined]);

  const ended = new OperationStage({ policy: { maxRetries: 0 } }).play(on.start, on.granted);
  ended.play(failedWith({ retryAfter: 9_000 }, 70));
  assert.equal([permitOf(ended)?.duration, permitOf(ended)?.retryAfter], [70, 9_000]);
});

test('a retry is paid for with the permit that comes back, and its success refunds it', () => {
  const stage = new OperationStage({ policy: paysFirst }).play(on.start, on.granted);
  stage.play(failedWith({ cost: 5 }));
  assert.is(stage.toldOf('permit.return')[0]?.charge, 5);
  assert.is(stage.context.last.reason?.cost, 5);
  stage.play(on.due);
  assert.is(stage.toldOf('permit.request')[1]?.cost, undefined);
  stage.play(on.granted, failedWith({ cost: 10 }), on.due, on.granted, on.succeeded);
  assert.is(permitOf(stage)?.refund, 10);
});

test('a success without a retry gives back the policy’s refund', () => {
  const stage = new OperationStage({ policy: paysFirst }).play(on.start, on.granted, on.succeeded);
  assert.is(permitOf(stage)?.refund, 1);
  const none = new OperationStage({ policy: { budget: { whenEmpty: 'fail', refund: 0 } } });
  none.play(on.start, on.granted, on.succeeded);
  assert.not.ok('refund' in (permitOf(none) ?? {}));
});

test('a retry that does not come is not paid for', () => {
  for (const verdict of [
    { cost: 5, limit: 'budget' },
    { cost: 5, retryable: false },
  ] as const) {
    for (const fallback of [undefined, true] as const) {
      const policy = fallback === undefined ? paysFirst : { ...paysFirst, fallback };
      const stage = new OperationStage({ policy }).play(on.start, on.granted, failedWith(verdict));
      const back = fallback ? stage.toldOf('permit.return')[0] : permitOf(stage);
      assert.is(back?.outcome, 'failure');
      assert.not.ok('charge' in (back ?? {}));
    }
  }
  const stage = new OperationStage({ policy: { ...paysFirst, maxRetries: 0 } });
  stage.play(on.start, on.granted, failedWith({ cost: 5 }));
  assert.not.ok('charge' in (permitOf(stage) ?? {}));
});

test('an empty budget exhausts it, with the limit told', () => {
  const stage = new OperationStage({ policy: paysFirst }).play(on.start, on.granted);
  stage.play(failedWith({ cost: 5, limit: 'budget' }));
  assert.is(stage.value, 'exhausted');
  assert.is(stage.context.last.reason?.limit, 'budget');
});

test('where it waits for tokens, the request carries the cost until it is granted', () => {
  const stage = new OperationStage({ policy: paysLater }).play(on.start, on.granted);
  stage.play(failedWith({ cost: 5 }));
  assert.not.ok('charge' in (stage.toldOf('permit.return')[0] ?? {}));
  stage.play(on.due, on.poor);
  assert.equal(stage.value, { recovering: 'blocked' });
  const { reason } = stage.context.last;
  assert.equal([reason?.kind, reason?.cost], ['budget_empty', 5]);
  stage.play(on.released, on.poor, on.pause, on.resume, on.due, on.granted);
  assert.equal(
    stage.toldOf('permit.request').map(({ cost }) => cost),
    [undefined, 5, 5, 5],
  );
  stage.play(on.interrupted, on.due, on.granted, on.succeeded);
  assert.is(stage.toldOf('permit.request').at(-1)?.cost, undefined);
  assert.is(permitOf(stage)?.refund, 5);
});

test('an operation that began without a budget neither pays nor refunds', () => {
  const stage = new OperationStage().play(on.start, on.granted, failedWith({ cost: 5 }), on.due);
  assert.not.ok('charge' in (stage.toldOf('permit.return')[0] ?? {}));
  assert.not.ok('cost' in (stage.toldOf('permit.request')[1] ?? {}));
  stage.play(on.granted, on.succeeded);
  assert.not.ok('refund' in (permitOf(stage) ?? {}));
});

test('with slots, what is due waits for one before it asks', () => {
  for (const [before, after] of [
    [[on.granted, on.failed], on.due],
    [[on.denied], on.released],
  ] as const) {
    const policy = { limited: true, whenOpen: 'wait', deadline: AT + 5 } as const;
    const stage = new OperationStage({ policy }).play(on.start, ...before);
    const { seq } = stage.context.last;
    const asked = stage.toldOf('permit.request').length;
    stage.play(after);
    assert.equal(stage.value, { recovering: 'queued' });
    assert.is(stage.context.last.seq, seq);
    assert.is(stage.toldOf('permit.request').length, asked);
    assert.equal(inputOf(stage.actor, 'slot'), { operationId: 'o-1', deadline: AT + 5 });
    stage.play(on.slotFree);
    assert.is(stage.toldOf('permit.request').length, asked + 1);
  }
});

test('in the queue it is paused, cancelled, and its deadline ends it', () => {
  const queued = () =>
    new OperationStage({ policy: { limited: true } }).play(on.start, on.granted, on.failed, on.due);
  const paused = queued();
  paused.actor.send({ type: 'pause', at: AT + 500 });
  assert.equal([paused.value, paused.context.wait.remaining], [{ recovering: 'paused' }, 0]);
  paused.play(on.resume, on.due);
  assert.equal(paused.value, { recovering: 'queued' });
  assert.is(queued().play(on.cancel).value, 'failed');
  const late = queued().play(on.slotExpired);
  assert.equal([late.value, late.context.last.reason?.limit], ['exhausted', 'totalTimeout']);
});

test('a deadline may come before it began', () => {
  const stage = new OperationStage().play(on.expire);
  assert.equal([stage.value, stage.context.last.reason?.limit], ['exhausted', 'totalTimeout']);
  assert.is(stage.context.error?.code, 'ATTEMPT_TIMEOUT');
  const undated = new OperationStage({ policy: { fallback: true } });
  undated.actor.send({ type: 'expire', at: Number.NaN });
  assert.equal(undated.value, { pending: 'queued' });
});

test('a hedge that won is told', () => {
  const stage = new OperationStage().play(on.start, on.granted);
  stage.play(attempted({ kind: 'succeeded', at: AT, hedged: true }));
  assert.is(stage.context.last.reason?.hedged, true);
});

test.run();
