import * as assert from 'uvu/assert';
import {
  type AnyActorLogic,
  type AnyActorRef,
  type AnyEventObject,
  type AnyStateMachine,
  createActor,
  fromTransition,
  type InspectionEvent,
} from 'xstate';
import { createChild, planned } from '../../../../services/interpreter/index.ts';

/** One thing that is done to an actor. */
export type Move = (actor: AnyActorRef) => void;

const byXStateItself = (logic: AnyActorLogic, options: object) =>
  createActor(logic, { syncSnapshot: false, ...options } as object);

/** Everything that can be seen of an actor while it is moved: what it tells its parent, its observers, its inspectors, and what it is in the end. */
export function seen(
  machine: AnyStateMachine,
  input: unknown,
  moves: readonly Move[],
  make: typeof createChild = byXStateItself,
): unknown[] {
  const log: unknown[] = [];
  const names = new Map<string, string>();
  const nameOf = (ref: AnyActorRef | undefined) => {
    if (ref === undefined) return undefined;
    if (!names.has(ref.sessionId))
      names.set(ref.sessionId, `${ref.id.replace(/^x:.*/, 'parent')}#${names.size}`);
    return names.get(ref.sessionId);
  };
  const parent = createActor(
    fromTransition((state, event: AnyEventObject) => {
      log.push(['told', plain(event)]);
      return state;
    }, {}),
    { inspect: event => log.push(['inspected', told(event, nameOf)]) },
  ).start();
  const actor = make(machine, { id: 'subject', parent, input });
  actor.subscribe({
    next: snapshot => log.push(['next', plain(snapshot)]),
    complete: () => log.push(['complete']),
    error: (error: unknown) => log.push(['error', String(error)]),
  });
  actor.on('*', event => log.push(['emitted', plain(event)]));
  actor.start();
  for (const move of moves) {
    if (actor.getSnapshot().status !== 'active') break;
    move(actor);
    log.push(['rests', plain(actor.getSnapshot()), plain(actor.getPersistedSnapshot())]);
    const { _nodes, tags, status } = actor.getSnapshot() as unknown as {
      readonly _nodes: readonly { readonly id: string }[];
      readonly tags: ReadonlySet<string>;
      readonly status: string;
    };
    log.push([_nodes.map(({ id }) => id).sort(), [...tags].sort(), status]);
  }
  return log;
}

/** Plays the same moves to the same machine twice, of which one is planned; the first difference is told. Gives back how much was seen. */
export function assertSameWays(
  make: () => AnyStateMachine,
  input: unknown,
  moves: readonly Move[],
): number {
  const byXState = seen(make(), input, moves);
  const byPlan = seen(planned(make()), input, moves, createChild);
  for (const [index, entry] of byXState.entries()) assert.equal(byPlan[index], entry);
  assert.is(byPlan.length, byXState.length);
  return byXState.length;
}

function told(event: InspectionEvent, nameOf: (ref: AnyActorRef | undefined) => unknown): unknown {
  const { type, actorRef } = event;
  const about = { type, actor: nameOf(actorRef as AnyActorRef) };
  switch (type) {
    case '@xstate.event':
      return { ...about, event: plain(event.event), from: nameOf(event.sourceRef as AnyActorRef) };
    case '@xstate.snapshot':
      return { ...about, event: plain(event.event), snapshot: plain(event.snapshot) };
    case '@xstate.microstep':
      return {
        ...about,
        event: plain(event.event),
        snapshot: plain(event.snapshot),
        transitions: (event as { _transitions?: unknown[] })._transitions?.length,
      };
    case '@xstate.action':
      return { ...about, action: event.action.type };
    default:
      return about;
  }
}

/** As JSON, with actors by their ids. */
const plain = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value, (_, part) =>
      typeof part === 'object' && part !== null && 'sessionId' in part
        ? `actor ${part.id.replace(/^x:.*/, 'parent')}`
        : part,
    ) ?? 'null',
  );
