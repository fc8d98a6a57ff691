import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { inputOf } from './support/controlled.ts';
import * as on from './support/operation-events.ts';
import { AT, OperationStage } from './support/operation-stage.ts';

const test = suite('operation chart');

const RUNNING = [on.start, on.granted];
const BACKOFF = [...RUNNING, on.failed];
const BLOCKED = [on.start, on.denied];

/** Every arrow of the chart: what leads to where it starts, its event, where it ends, the reason that it records. */
const ARROWS: readonly [
  title: string,
  before: readonly on.ChartEvent[],
  event: on.ChartEvent,
  value: unknown,
  reason: string | undefined,
  whenOpen?: 'wait',
][] = [
  [
    'a queued operation that is started asks',
    [],
    on.start,
    { in_progress: 'admitting' },
    'created',
  ],
  ['a permit lets it run', [on.start], on.granted, { in_progress: 'running' }, undefined],
  ['no permit fails it by default', [on.start], on.denied, 'failed', 'circuit_open'],
  [
    'no permit blocks it when it waits',
    [on.start],
    on.denied,
    { recovering: 'blocked' },
    'circuit_open',
    'wait',
  ],
  ['success', RUNNING, on.succeeded, 'success', 'succeeded'],
  ['a retryable failure', RUNNING, on.failed, { recovering: 'backoff' }, 'retry'],
  [
    'a retryable failure without retries left',
    [...BACKOFF, on.due, on.granted],
    on.failed,
    'exhausted',
    'limit',
  ],
  ['a retryable failure without time left', RUNNING, on.outOfTime, 'exhausted', 'limit'],
  ['a failure that is not retryable', RUNNING, on.refused, 'failed', 'not_retryable'],
  ['an interruption', RUNNING, on.interrupted, { recovering: 'backoff' }, 'interrupted'],
  [
    'one interruption too many',
    [...RUNNING, on.interrupted, on.due, on.granted],
    on.interrupted,
    'exhausted',
    'limit',
  ],
  ['a suspension', RUNNING, on.suspended, { recovering: 'backoff' }, 'suspended'],
  ['an attempt actor that breaks', RUNNING, on.broken, 'failed', 'internal'],
  ['the end of the backoff', BACKOFF, on.due, { in_progress: 'admitting' }, 'retry'],
  ['an open gate', BLOCKED, on.released, { in_progress: 'admitting' }, 'circuit_open', 'wait'],
  ['a gate whose time is over', BLOCKED, on.expired, 'exhausted', 'limit', 'wait'],
  ['pause of a queued one', [], on.pause, { pending: 'paused' }, 'paused'],
  ['resume of a queued one', [on.pause], on.resume, { pending: 'queued' }, 'continued'],
  ['pause in backoff', BACKOFF, on.pause, { recovering: 'paused' }, 'paused'],
  ['pause while blocked', BLOCKED, on.pause, { recovering: 'paused' }, 'paused', 'wait'],
  [
    'resume of a recovering one',
    [...BACKOFF, on.pause],
    on.resume,
    { recovering: 'backoff' },
    'continued',
  ],
  ['cancel while queued', [], on.cancel, 'failed', 'cancelled'],
  ['cancel while paused', [on.pause], on.cancel, 'failed', 'cancelled'],
  ['cancel while it asks', [on.start], on.cancel, 'failed', 'cancelled'],
  ['cancel while running', RUNNING, on.cancel, 'failed', 'cancelled'],
  ['cancel in backoff', BACKOFF, on.cancel, 'failed', 'cancelled'],
  ['cancel while blocked', BLOCKED, on.cancel, 'failed', 'cancelled', 'wait'],
  ['cancel while recovering and paused', [...BACKOFF, on.pause], on.cancel, 'failed', 'cancelled'],
];

for (const [title, before, event, value, reason, whenOpen = 'fail'] of ARROWS) {
  test(`arrow: ${title}`, () => {
    const stage = new OperationStage({ policy: { whenOpen } }).play(...before);
    const { seq } = stage.context.last;
    stage.play(event);
    assert.equal(stage.value, value);
    assert.is(stage.context.last.reason?.kind, reason);
    assert.ok(stage.context.last.seq >= seq);
  });
}

for (const [title, before, event] of [
  ['a running operation is not paused', RUNNING, on.pause],
  ['one that is not paused is not resumed', BACKOFF, on.resume],
  ['a second start', RUNNING, on.start],
  ['a permit that nobody asked for', BACKOFF, on.granted],
] as const) {
  test(`no arrow: ${title}`, () => {
    const stage = new OperationStage().play(...before);
    const snapshot = stage.actor.getSnapshot();
    stage.play(event);
    assert.equal(stage.value, snapshot.value);
    assert.is(stage.context, snapshot.context);
  });
}

test('an order without an instant is no order', () => {
  const stage = new OperationStage().play(...BACKOFF);
  const snapshot = stage.actor.getSnapshot();
  for (const type of ['cancel', 'pause', 'resume'] as const) {
    for (const at of [undefined, Number.NaN, '5']) stage.actor.send({ type, at: at as number });
  }
  assert.is(stage.context, snapshot.context);
});

test('maxRetries 3 means four attempts', () => {
  const stage = new OperationStage({ policy: { maxRetries: 3 } }).play(on.start);
  let attempts = 0;
  while (stage.actor.getSnapshot().status === 'active') {
    stage.play(on.granted);
    attempts++;
    stage.play(on.failed);
    if (stage.actor.getSnapshot().status === 'active') stage.play(on.due);
  }
  assert.is(attempts, 4);
  assert.is(stage.context.attempt, 4);
  assert.is(stage.value, 'exhausted');
  assert.is(stage.context.last.reason?.limit, 'maxRetries');
});

test('attempts and timers get their absolute instants and numbers as input', () => {
  const stage = new OperationStage().play(...RUNNING);
  assert.equal(inputOf(stage.actor, 'attempt'), { operationId: 'o-1', attempt: 1 });
  stage.play(on.failed);
  assert.equal(inputOf(stage.actor, 'timer'), { dueAt: AT + 100 });
  stage.play(on.due, on.granted);
  assert.equal(inputOf(stage.actor, 'attempt'), { operationId: 'o-1', attempt: 2 });
});

test('a pause keeps the remaining delay', () => {
  const stage = new OperationStage().play(...BACKOFF);
  stage.actor.send({ type: 'pause', at: AT + 30 });
  assert.is(stage.context.wait.remaining, 70);
  assert.is(stage.context.wait.dueAt, null);
  stage.actor.send({ type: 'resume', at: AT + 10_000 });
  assert.equal(inputOf(stage.actor, 'timer'), { dueAt: AT + 10_070 });
});

test('each permit goes back exactly once, with the outcome and the generation that it was of', () => {
  const retried = new OperationStage().play(...BACKOFF);
  const back = { operationId: 'o-1', generation: 7, at: AT };
  assert.equal(retried.toldOf('permit.return'), [
    { type: 'permit.return', ...back, outcome: 'failure', message: 'reset' },
  ]);
  assert.is(retried.context.held, null);
  retried.play(on.cancel);
  assert.equal(retried.actor.getSnapshot().output, { permit: null });

  const ended = new OperationStage().play(...RUNNING, on.succeeded);
  assert.equal(ended.toldOf('permit.return'), []);
  assert.equal(ended.toldOf('xstate.done.actor.operation.test').length, 1);
  assert.equal(ended.actor.getSnapshot().output, { permit: { ...back, outcome: 'success' } });

  for (const [event, outcome] of [
    [on.outOfTime, 'failure'],
    [on.refused, 'ignored'],
    [on.cancel, 'ignored'],
    [on.broken, 'ignored'],
  ] as const) {
    const { output } = new OperationStage().play(...RUNNING, event).actor.getSnapshot();
    assert.is(output?.permit?.outcome, outcome, event.type);
  }
  for (const event of [on.interrupted, on.suspended]) {
    const [told] = new OperationStage().play(...RUNNING, event).toldOf('permit.return');
    assert.is(told?.outcome, 'ignored');
  }
});

test('a failed attempt tells everything that the decision rested on', () => {
  const { last, error } = new OperationStage().play(...BACKOFF).context;
  assert.equal(error, on.error);
  assert.is(last.event, 'attempt.failed');
  const { message, ...facts } = last.reason ?? { message: '' };
  assert.match(message, 'reset; retry 1 of 1 in 100 ms');
  assert.equal(facts, {
    kind: 'retry',
    category: 'network',
    rule: 'code:ECONNRESET',
    delay: 100,
    strategy: 'fixed',
    dueAt: AT + 100,
    draw: 0.5,
  });
});

test('a cancelled operation keeps the error of its last attempt as the cause', () => {
  const { error } = new OperationStage().play(...BACKOFF, on.cancel).context;
  assert.is(error?.code, 'OPERATION_CANCELLED');
  assert.equal(error?.details, { reason: 'no need' });
  assert.equal(error?.cause, on.error);
});

test('an invoked actor is stopped when its state is left', () => {
  const stage = new OperationStage().play(...RUNNING);
  const { attempt } = stage.actor.getSnapshot().children;
  stage.play(on.cancel);
  assert.is(attempt?.getSnapshot().status, 'stopped');
});

test.run();
