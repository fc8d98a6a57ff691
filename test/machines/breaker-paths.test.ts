import { getAdjacencyMap, getShortestPaths } from '@xstate/graph';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  type AnyEventObject,
  type AnyStateMachine,
  type AnyTransitionDefinition,
  createMachine,
  type SnapshotFrom,
} from 'xstate';
import { breakerMachine } from '../../machines/breaker/machine.ts';
import type { BreakerContext, BreakerSettings } from '../../machines/breaker/types.ts';
import { type ScriptedEvent, variantSettings, variants } from './support/breaker-events.ts';
import { BreakerStage, machine } from './support/breaker-stage.ts';
import { roundTripped } from './support/controlled.ts';
import { arrowsOf, withoutInvocations } from './support/paths.ts';

/** Thousands of short replays. */
export const suiteTimeout = 60_000;

const test = suite('breaker chart: generated paths');
type Snapshot = SnapshotFrom<typeof breakerMachine>;
type Edge = { readonly event: AnyEventObject; readonly state: Snapshot };

const model = createMachine(
  withoutInvocations(breakerMachine.config) as never,
  {
    ...breakerMachine.implementations,
    // The generator has no operation that they could go to.
    actions: {
      ...breakerMachine.implementations.actions,
      grant() {},
      deny() {},
      stopOperation() {},
    },
  } as never,
) as unknown as AnyStateMachine;

/** What decides about the future; numbers that only grow, and instants, are left out. */
function essence({ value, context }: Snapshot): string {
  const { window, probes, halfOpen, budget, rate, override, settings } = context;
  // Where it never opens, a row of failures has no end.
  const known = window.kind === 'consecutive' ? Math.min(window.failures, 2) : window;
  const bucket = budget === null ? null : [budget.tokens, budget.wanted];
  const kinds = [rate, override].map(part => part === null);
  return JSON.stringify([value, known, probes, halfOpen, bucket, settings.mode, ...kinds]);
}

/** An event as it is sent to a breaker in such a state. */
function concrete(event: ScriptedEvent, { generation, settings }: BreakerContext): AnyEventObject {
  if (event.type === 'configure') {
    const next = { ...settings, ...event.changed, version: settings.version + 1 };
    return { type: 'configure', at: 1_000, settings: next };
  }
  if (!('permit' in event)) return event;
  const permit = { ...event.permit, generation: event.late ? generation - 1 : generation };
  return event.type === 'permit.return'
    ? { type: event.type, ...permit }
    : { type: event.type, output: { permit } };
}

const options = (settings: BreakerSettings, events: readonly ScriptedEvent[]) => ({
  input: { key: 'host', settings, nextOpen: { delay: 10_000 }, at: 0 },
  events: ({ context }: Snapshot) => events.map(event => concrete(event, context)) as never,
  serializeState: essence,
  limit: 50_000,
});

const timers = /^xstate\.done\.actor\.(timer|lease|override)$/;
const taken = new Set<unknown>();
const STATES = [
  'closed',
  'open',
  { half_open: 'waiting' },
  { half_open: 'probing' },
  'isolated',
  'forced_closed',
  'metrics_only',
].map(value => JSON.stringify(value));

for (const [title, changed, events] of variants) {
  const settings = variantSettings(changed);
  const paths = getShortestPaths(model, options(settings, events) as never);
  const map = getAdjacencyMap(model, options(settings, events) as never) as unknown as Readonly<
    Record<string, { readonly transitions: Readonly<Record<string, Edge>> }>
  >;
  const eventsOf = (path: (typeof paths)[number]) =>
    path.steps
      .map(step => step.event as AnyEventObject)
      .filter(({ type }) => type !== 'xstate.init');

  test(`${title}: the paths reach every state of the chart`, () => {
    const reached = new Set(paths.map(({ state }) => JSON.stringify(state.value)));
    assert.equal([...reached].sort(), [...STATES].sort());
  });

  test(`${title}: on every path, and one event further, a real breaker is where the model is`, () => {
    let arrows = 0;
    for (const path of paths) {
      const edges = Object.values(map[essence(path.state as Snapshot)]?.transitions ?? {});
      for (const { event, state } of edges) {
        const stage = new BreakerStage({ settings }).play(...eventsOf(path));
        // A timer that is not there cannot end.
        const before = essence(path.state as Snapshot);
        if (before === essence(state) && timers.test(event.type)) continue;
        stage.play(event);
        assert.is(essence(stage.actor.getSnapshot()), essence(state), event.type);
        for (const arrow of stage.arrows) taken.add(arrow);
        arrows++;
      }
    }
    assert.ok(arrows > 500, `${arrows} arrows`);
  });

  test(`${title}: restored from JSON after any step of any path, a breaker goes on the same`, () => {
    let restored = 0;
    for (const path of paths) {
      const all = eventsOf(path);
      const straight = new BreakerStage({ settings }).play(...all);
      for (let step = 0; step < all.length; step++) {
        const before = new BreakerStage({ settings }).play(...all.slice(0, step));
        const snapshot = roundTripped(before.actor.getPersistedSnapshot());
        const after = new BreakerStage({ snapshot });
        assert.equal(after.value, before.value);
        assert.equal(after.context, before.context);
        assert.equal(roundTripped(after.actor.getPersistedSnapshot()), snapshot);
        after.play(...all.slice(step));
        assert.equal(after.value, straight.value);
        assert.equal(after.context, straight.context);
        assert.equal([...before.announced, ...after.announced], straight.announced);
        restored++;
      }
    }
    assert.ok(restored > 100, `${restored} restorations`);
  });
}

test('together the paths take every arrow of the chart', () => {
  const missed = arrowsOf(machine.root).filter(arrow => !taken.has(arrow));
  const words = missed.map(arrow => {
    const { source, eventType, target, guard } = arrow as AnyTransitionDefinition;
    const asked = typeof guard === 'string' ? guard : JSON.stringify(guard);
    return `${source.id} -- ${eventType} [${asked}] -> ${target?.map(({ id }) => id)}`;
  });
  assert.equal(words, []);
});

test.run();
