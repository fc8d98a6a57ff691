import { getAdjacencyMap, getShortestPaths } from '@xstate/graph';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  type AnyStateMachine,
  type AnyTransitionDefinition,
  createMachine,
  type SnapshotFrom,
} from 'xstate';
import { operationMachine } from '../../machines/operation/machine.ts';
import type { OperationPolicy } from '../../machines/operation/types.ts';
import { thorough } from '../support/extent.ts';
import { roundTripped } from './support/controlled.ts';
import { type ChartEvent, everyEvent, policy } from './support/operation-events.ts';
import { executable, machine, OperationStage } from './support/operation-stage.ts';
import { arrowsOf, withoutInvocations } from './support/paths.ts';

/** Thousands of short replays. */
export const suiteTimeout = 60_000;

const test = suite('operation chart: generated paths');
type Snapshot = SnapshotFrom<typeof operationMachine>;
type Edge = { readonly event: { readonly type: string }; readonly state: Snapshot };
const model = createMachine(
  withoutInvocations(operationMachine.config) as never,
  {
    ...operationMachine.implementations,
    // The generator has no parent that they could go to.
    actions: { ...operationMachine.implementations.actions, askForPermit() {}, returnPermit() {} },
  } as never,
) as unknown as typeof operationMachine;

/** What decides about the future; numbers that only grow, and instants, are left out. */
function essence({ value, context }: Snapshot): string {
  const { counts, held, wait, outcome, ending, error, undos } = context;
  const { retries, interruptions } = counts;
  const kinds = [held, wait.dueAt, wait.remaining, error].map(part => part === null);
  return JSON.stringify([value, retries, interruptions, outcome, ending?.state, undos, ...kinds]);
}

const options = (changed: Partial<OperationPolicy>) => ({
  input: { operationId: 'o-1', name: 'test', policy: { ...policy, ...changed }, at: 1_000 },
  // Where nothing is taken back, that would be many times as many paths.
  events: everyEvent.filter(
    ({ type }) => changed.undoRetries !== undefined || type !== 'undo.registered',
  ) as never,
  serializeState: essence,
  // An actor that has ended takes no events.
  stopWhen: ({ status }: Snapshot) => status === 'done',
  limit: 50_000,
});

const UNDOING = [{ recovering: 'undoing' }, { in_progress: 'undoing' }];

/** Policies that change which arrows there are, with the states that only they reach. */
const POLICIES: readonly (readonly [
  title: string,
  policy: Partial<OperationPolicy>,
  states: readonly object[],
])[] = [
  ['that fails when open', {}, [{ recovering: 'blocked' }]],
  ['that waits when open', { whenOpen: 'wait' }, [{ recovering: 'blocked' }]],
  [
    'with a fallback',
    { fallback: true },
    [{ recovering: 'blocked' }, { in_progress: 'falling_back' }],
  ],
  ['with a lock', { lock: 'x' }, [{ recovering: 'blocked' }, { pending: 'locked' }]],
  [
    'with a lock and a fallback',
    { lock: 'x', fallback: true },
    [{ recovering: 'blocked' }, { pending: 'locked' }, { in_progress: 'falling_back' }],
  ],
  ['with slots', { limited: true }, [{ recovering: 'blocked' }, { recovering: 'queued' }]],
  [
    'with slots and a fallback',
    { limited: true, fallback: true },
    [{ recovering: 'blocked' }, { recovering: 'queued' }, { in_progress: 'falling_back' }],
  ],
  ['with undos', { undoRetries: 1 }, [{ recovering: 'blocked' }, ...UNDOING]],
  [
    'with undos and slots that waits when open',
    { undoRetries: 0, limited: true, whenOpen: 'wait', maxRetries: 1 },
    [{ recovering: 'blocked' }, { recovering: 'queued' }, ...UNDOING],
  ],
  [
    'with undos and a fallback',
    { undoRetries: 0, fallback: true, maxInterruptions: 0 },
    [{ recovering: 'blocked' }, { in_progress: 'falling_back' }, ...UNDOING],
  ],
];

const taken = new Set<unknown>();

test('every event of the chart has an executor', () => {
  for (const type of (model as AnyStateMachine).events) assert.ok(executable.has(type), type);
  assert.is((model as AnyStateMachine).events.length, executable.size);
});

for (const [title, changed, states] of POLICIES) {
  const paths = getShortestPaths(model, options(changed));
  const map = getAdjacencyMap(model, options(changed)) as unknown as Readonly<
    Record<string, { readonly transitions: Readonly<Record<string, Edge>> }>
  >;
  const eventsOf = (path: (typeof paths)[number]) =>
    path.steps
      .map(step => step.event as unknown as ChartEvent | { type: 'xstate.init' })
      .filter((event): event is ChartEvent => event.type !== 'xstate.init');

  test(`a policy ${title}: the paths reach every state of the chart`, () => {
    const reached = new Set(paths.map(({ state }) => JSON.stringify(state.value)));
    const expected = [
      { pending: 'queued' },
      { pending: 'paused' },
      { in_progress: 'admitting' },
      { in_progress: 'running' },
      { recovering: 'backoff' },
      ...states,
      { recovering: 'paused' },
      'success',
      'failed',
      'exhausted',
    ].map(value => JSON.stringify(value));
    assert.equal([...reached].sort(), expected.sort());
  });

  test(`a policy ${title}: on every path, and one event further, a real actor is where the model is`, () => {
    let arrows = 0;
    const ignored = new Set<string>();
    for (const path of paths) {
      const edges = Object.values(map[essence(path.state)]?.transitions ?? {});
      for (const { event, state } of edges) {
        // An invoked actor that is not there cannot end.
        const moves = essence(state) !== essence(path.state);
        if (!moves && event.type.startsWith('xstate.')) continue;
        // That a state ignores an event is seen once, whatever led there.
        const ignoring = `${JSON.stringify(state.value)} ${JSON.stringify(event)}`;
        if (!moves && ignored.has(ignoring)) continue;
        if (!moves) ignored.add(ignoring);
        const stage = new OperationStage({ policy: changed });
        stage.play(...eventsOf(path), event as unknown as ChartEvent);
        assert.is(essence(stage.actor.getSnapshot()), essence(state), event.type);
        for (const arrow of stage.arrows) taken.add(arrow);
        arrows++;
      }
    }
    assert.ok(arrows > 100, `${arrows} arrows`);
  });

  test(`a policy ${title}: restored from JSON after any step of any path, an actor goes on the same`, () => {
    let restored = 0;
    let turn = 0;
    const seen = new Set<string>();
    for (const path of paths) {
      const events = eventsOf(path);
      const states = path.steps.map(({ state }) => essence(state as unknown as Snapshot));
      // Paths share their beginnings: each state is restored once before each event that follows it.
      const fresh = (step: number) => {
        const key = `${states.at(step - events.length - 1)} ${JSON.stringify(events[step])}`;
        return seen.size < seen.add(key).size;
      };
      const steps = events
        .map((_, step) => step)
        .filter(fresh)
        .filter(() => thorough || turn++ % 3 === 0);
      if (steps.length === 0) continue;
      const straight = new OperationStage({ policy: changed }).play(...events);
      for (const step of steps) {
        const before = new OperationStage({ policy: changed }).play(...events.slice(0, step));
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
    assert.ok(restored > (thorough ? 50 : 15), `${restored} restorations`);
  });
}

test('together the paths take every arrow of the chart', () => {
  const missed = arrowsOf(machine.root).filter(arrow => !taken.has(arrow));
  const words = missed.map(arrow => {
    const { source, eventType, target } = arrow as AnyTransitionDefinition;
    return `${source.id} -- ${eventType} -> ${target?.map(({ id }) => id)}`;
  });
  assert.equal(words, []);
});

test.run();
