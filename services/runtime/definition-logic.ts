import type { ActorLogic, AnyActorRef, AnyEventObject, Snapshot } from 'xstate';
import { RecoveryClosedError } from '../errors.ts';
import { timeOrderedId } from '../operation-id.ts';
import type { OperationHandle, StartOptions } from '../ports.ts';

interface Startable {
  start(input: unknown, options?: StartOptions): Promise<OperationHandle>;
}

/** The id is in the state, so that a restored parent attaches to the operation that it started. */
type LogicSnapshot = Snapshot<unknown> & { readonly id: string; readonly input: unknown };

/**
 * An operation as actor logic, for `invoke` and `spawn` in an app's own machine. Its input is the operation's, its output too;
 * an operation that ends badly is the actor's error. Stopping the actor cancels the operation.
 */
export function definitionLogic(
  definition: Startable,
): ActorLogic<Snapshot<unknown>, AnyEventObject, unknown> {
  const handles = new WeakMap<AnyActorRef, Promise<OperationHandle>>();
  const own = (snapshot: Snapshot<unknown>) => snapshot as LogicSnapshot;
  return {
    getInitialSnapshot: (_, input) => {
      const snapshot = { status: 'active', output: undefined, error: undefined } as const;
      return { ...snapshot, ...{ id: timeOrderedId(), input } };
    },
    transition(snapshot, event, { self }) {
      if (snapshot.status !== 'active') return snapshot;
      switch (event.type) {
        case 'operation.ended':
          return { ...snapshot, status: 'done', output: event.output, error: undefined };
        case 'operation.failed':
          return { ...snapshot, status: 'error', error: event.error, output: undefined };
        case 'xstate.stop':
          void cancel(handles.get(self));
          return { ...snapshot, status: 'stopped', output: undefined, error: undefined };
        default:
          return snapshot;
      }
    },
    start(snapshot, { self }) {
      if (snapshot.status !== 'active') return;
      const { id, input } = own(snapshot);
      const handle = definition.start(input, { id });
      handles.set(self, handle);
      handle
        .then(started => started.result())
        .then(
          output => tell(self, { type: 'operation.ended', output }),
          (error: unknown) => {
            // A closed recovery is no end: the persisted parent attaches to the operation again.
            if (!(error instanceof RecoveryClosedError)) {
              tell(self, { type: 'operation.failed', error });
            }
          },
        );
    },
    getPersistedSnapshot: snapshot => snapshot,
    restoreSnapshot: snapshot => snapshot as Snapshot<unknown>,
  };
}

/** One that was stopped listens no more. */
function tell(actor: AnyActorRef, event: AnyEventObject): void {
  const { status } = actor.getSnapshot() as Snapshot<unknown>;
  if (status === 'active') actor.send(event);
}

/** Whoever stops the actor does not wait; what could go wrong has been told by the operation itself. */
async function cancel(handle: Promise<OperationHandle> | undefined): Promise<void> {
  try {
    await (await handle)?.cancel('its actor was stopped');
  } catch {
    // The operation never started, or the recovery is closed: there is nothing left to cancel.
  }
}
