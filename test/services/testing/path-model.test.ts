import { createTestModel, getShortestPaths } from '@xstate/graph';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { assign, fromPromise, sendParent, setup } from 'xstate';
import { ConfigError } from '../../../services/errors.ts';
import { toPathModel } from '../../../services/testing/path-model.ts';

const test = suite('models of charts for paths');
let outside = 0;

const machine = setup({
  types: {
    context: {} as { count: number },
    events: {} as { type: 'go' } | { type: 'add'; by: number },
  },
  actors: { load: fromPromise<{ count: number }>(() => new Promise(() => {})) },
  actions: {
    note: () => {
      outside += 1;
    },
    tell: sendParent({ type: 'told' }),
    count: assign((_, params: { readonly count: number }) => params),
  },
  guards: {
    isMuch: (_, output: { readonly count: number }) => output.count > 10,
    isPositive: ({ event }) => event.type === 'add' && event.by > 0,
  },
}).createMachine({
  id: 'app',
  context: { count: 0 },
  initial: 'idle',
  states: {
    idle: { on: { go: { target: 'loading', actions: ['note', 'tell'] } }, entry: 'note' },
    loading: {
      invoke: {
        id: 'load',
        src: 'load',
        onDone: [
          { guard: { type: 'isMuch', params: ({ event }) => event.output }, target: 'much' },
          {
            target: 'ready',
            actions: { type: 'count', params: ({ event }) => event.output },
          },
        ],
        onError: 'idle',
      },
      after: { 1000: 'late' },
    },
    ready: { on: { add: { guard: 'isPositive', target: 'much' } } },
    much: { type: 'final' },
    late: { type: 'final' },
  },
});

const done = (count: number) => ({ type: 'xstate.done.actor.load', output: { count } });
const EVENTS = {
  go: [{ type: 'go' }],
  add: [{ type: 'add', by: 1 }],
  'xstate.done.actor.load': [done(1), done(11)],
  'xstate.error.actor.load': [{ type: 'xstate.error.actor.load', error: 'gone' }],
  'xstate.after.1000.app.loading': [{ type: 'xstate.after.1000.app.loading' }],
};

test('ends of what is invoked and delays are events, and paths lead along them to every state', () => {
  const { machine: model, events } = toPathModel(machine, EVENTS);
  const paths = getShortestPaths(model, { events });
  const reached = new Set(paths.map(({ state }) => String(state.value)));
  assert.equal([...reached].sort(), ['idle', 'late', 'loading', 'much', 'ready']);
  const ready = paths.find(({ state }) => state.value === 'ready');
  assert.is(ready?.state.context.count, 1);
});

test('the graph library takes it, which refuses the chart itself', () => {
  assert.throws(() => createTestModel(machine as never), /Invocations/);
  createTestModel(toPathModel(machine, EVENTS).machine as never);
});

test('nothing that reaches outside of the chart is done', () => {
  outside = 0;
  const { machine: model, events } = toPathModel(machine, EVENTS);
  getShortestPaths(model, { events });
  assert.is(outside, 0);
});

test('every event that nothing stands for is named, and every one that the chart does not know', () => {
  const { add: _, 'xstate.error.actor.load': __, ...others } = EVENTS;
  try {
    toPathModel(machine, { ...others, stop: [{ type: 'stop' }] });
    assert.unreachable();
  } catch (error) {
    assert.instance(error, ConfigError);
    assert.equal((error as ConfigError).details.problems, [
      'there is no event for "xstate.error.actor.load"',
      'there is no event for "add"',
      'the chart knows no event "stop"',
    ]);
  }
});

test('an event without a payload that a guard reads is refused', () => {
  assert.throws(
    () =>
      toPathModel(machine, {
        ...EVENTS,
        add: [{ type: 'add' }],
        'xstate.done.actor.load': [{ type: 'xstate.done.actor.load' }],
      }),
    (error: ConfigError) => {
      assert.equal(error.details.problems, [
        'an event "xstate.done.actor.load" has no payload, and a guard reads output of it',
        'an event "add" has no payload, and a guard reads by of it',
      ]);
      return true;
    },
  );
});

test.run();
