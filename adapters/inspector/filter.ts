import type { AnyActorRef } from 'xstate';

/** Which actors are shown; without anything, all. */
export interface InspectFilter {
  /** Only this operation and what it has invoked; not its breaker, which would tell of others. */
  readonly operationId?: string;
  /** Only the breaker of this key and its operations. */
  readonly breakerKey?: string;
}

/** Where an actor stands in the viewer's tree. */
export interface Shown {
  readonly rootId: string;
  readonly name: string;
}

/** `undefined`: it is not shown. */
export function shownBy(filter: InspectFilter, actor: AnyActorRef): Shown | undefined {
  const { breaker, operation } = linesOf(actor);
  if (filter.breakerKey !== undefined && breaker.id !== filter.breakerKey) return undefined;
  const context = operation?.getSnapshot()?.context as { readonly operationId: string } | undefined;
  if (filter.operationId !== undefined && context?.operationId !== filter.operationId) {
    return undefined;
  }
  const root = filter.operationId === undefined ? breaker : (operation as AnyActorRef);
  return { rootId: root.sessionId, name: nameOf(actor, breaker, operation, context?.operationId) };
}

function nameOf(
  actor: AnyActorRef,
  breaker: AnyActorRef,
  operation: AnyActorRef | undefined,
  operationId: string | undefined,
): string {
  if (actor === breaker) return `breaker.${actor.id}`;
  return actor === operation && operationId !== undefined ? `${actor.id} ${operationId}` : actor.id;
}

/** A breaker is the root of its system; its children are operations, or its own timers, which have no `operationId`. */
function linesOf(actor: AnyActorRef): {
  readonly breaker: AnyActorRef;
  readonly operation: AnyActorRef | undefined;
} {
  let operation: AnyActorRef | undefined;
  let at = actor;
  while (at._parent !== undefined) {
    operation = at;
    at = at._parent;
  }
  return { breaker: at, operation };
}
