import { getAdjacencyMap, getShortestPaths } from '@xstate/graph';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type AnyStateMachine, createMachine, type SnapshotFrom } from 'xstate';
import { operationMachine } from '../../machines/operation/machine.ts';
import { roundTripped } from './support/controlled.ts';
import { type ChartEvent, everyEvent, policy } from './support/operation-events.ts';
import { executable, OperationStage } from './support/operation-stage.ts';

/** Thousands of short replays. */
export const suiteTimeout = 60_000;

const test = suite('operation chart: generated paths');
type Snapshot = SnapshotFrom<typeof operationMachine>;
type Edge = { readonly event: { readonly type: string }; readonly state: Snapshot };
type Config = Record<string, unknown> & { states?: Record<string, Config> };
type Invocation = { readonly id: string; readonly onDone?: unknown; readonly onError?: unknown };

/** A copy without invocations: their ends are ordinary events, so that paths can be generated. */
function withoutInvocations(config: Config): Config {
  const { invoke, states, ...rest } = config;
  const { id, onDone, onError } = (invoke ?? {}) as Invocation;
  const ends = {
    ...(onDone === undefined ? {} : { [`xstate.done.actor.${id}`]: onDone }),
    ...(onError === undefined ? {} : { [`xstate.error.actor.${id}`]: onError }),
  };
  const inner = Object.entries(states ?? {}).map(([name, state]) => [
    name,
    withoutInvocations(state),
  ]);
  return {
    ...rest,
    on: { ...(rest.on as object | undefined), ...ends },
    ...(states === undefined ? {} : { states: Object.fromEntries(inner) }),
  };
}

const model = createMachine(
  withoutInvocations(operationMachine.config as unknown as Config) as never,
  {
    ...operationMachine.implementations,
    // The generator has no parent that they could go to.
    actions: { ...operationMachine.implementations.actions, askForPermit() {}, returnPermit() {} },
  } as never,
) as unknown as typeof operationMachine;

/** What decides about the future; numbers that only grow, and instants, are left out. */
function essence({ value, context }: Snapshot): string {
  const { retries, interruptions, generation, dueAt, remaining, outcome, error } = context;
  const kinds = [generation, dueAt, remaining, error].map(part => part === null);
  return JSON.stringify([value, retries, interruptions, outcome, ...kinds]);
}

const options = (whenOpen: 'fail' | 'wait') => ({
  input: { operationId: 'o-1', name: 'test', policy: { ...policy, whenOpen }, at: 1_000 },
  events: everyEvent as never,
  serializeState: essence,
  // An actor that has ended takes no events.
  stopWhen: ({ status }: Snapshot) => status === 'done',
  limit: 20_000,
});

test('every event of the chart has an executor', () => {
  for (const type of (model as AnyStateMachine).events) assert.ok(executable.has(type), type);
  assert.is((model as AnyStateMachine).events.length, executable.size);
});

for (const whenOpen of ['fail', 'wait'] as const) {
  const paths = getShortestPaths(model, options(whenOpen));
  const map = getAdjacencyMap(model, options(whenOpen)) as unknown as Readonly<
    Record<string, { readonly transitions: Readonly<Record<string, Edge>> }>
  >;
  const eventsOf = (path: (typeof paths)[number]) =>
    path.steps
      .map(step => step.event as unknown as ChartEvent | { type: 'xstate.init' })
      .filter((event): event is ChartEvent => event.type !== 'xstate.init');

  test(`whenOpen ${whenOpen}: the paths reach every state of the chart`, () => {
    const reached = new Set(paths.map(({ state }) => JSON.stringify(state.value)));
    const expected = [
      { pending: 'queued' },
      { pending: 'paused' },
      { in_progress: 'admitting' },
      { in_progress: 'running' },
      { recovering: 'backoff' },
      ...(whenOpen === 'wait' ? [{ recovering: 'blocked' }] : []),
      { recovering: 'paused' },
      'success',
      'failed',
      'exhausted',
    ].map(value => JSON.stringify(value));
    assert.equal([...reached].sort(), expected.sort());
  });

  test(`whenOpen ${whenOpen}: on every path, and one event further, a real actor is where the model is`, () => {
    let arrows = 0;
    for (const path of paths) {
      const edges = Object.values(map[essence(path.state)]?.transitions ?? {});
      for (const { event, state } of edges) {
        // An invoked actor that is not there cannot end.
        const moves = essence(state) !== essence(path.state);
        if (!moves && event.type.startsWith('xstate.')) continue;
        const stage = new OperationStage({ policy: { whenOpen } });
        stage.play(...eventsOf(path), event as unknown as ChartEvent);
        assert.is(essence(stage.actor.getSnapshot()), essence(state), event.type);
        arrows++;
      }
    }
    assert.ok(arrows > 100, `${arrows} arrows`);
  });

  test(`whenOpen ${whenOpen}: restored from JSON after any step of any path, an actor goes on the same`, () => {
    let restored = 0;
    for (const path of paths) {
      const events = eventsOf(path);
      const straight = new OperationStage({ policy: { whenOpen } }).play(...events);
      for (let step = 0; step < events.length; step++) {
        const before = new OperationStage({ policy: { whenOpen } }).play(...events.slice(0, step));
        const snapshot = roundTripped(before.actor.getPersistedSnapshot());
        const after = new OperationStage({ snapshot });
        assert.equal(after.value, before.value);
        assert.equal(after.context, before.context);
        assert.equal(roundTripped(after.actor.getPersistedSnapshot()), snapshot);
        after.play(...events.slice(step));
        assert.equal(after.value, straight.value);
        assert.equal(after.context, straight.context);
        assert.equal(
          [...before.told, ...after.told].map(({ from: _, ...told }) => told),
          straight.told.map(({ from: _, ...told }) => told),
        );
        restored++;
      }
    }
    assert.ok(restored > 50, `${restored} restorations`);
  });
}

test.run();
