import type { AnyActorRef, EventObject, Snapshot } from 'xstate';
import type { InvokedLogic } from '../../machines/invoked-logic.ts';
import type { TimerInput, TimerOutput } from '../../machines/operation/types.ts';
import type { Clock, TimerHandle } from '../ports.ts';
import type { Lifecycle } from './lifecycle.ts';

/** The longest wait that Node's timers take; longer ones are waited in parts. */
const LONGEST = 2 ** 31 - 1;

/** How far Node's timers and its clock may be apart; what is early by more is a clock that was set. */
const ROUNDING_MS = 5;

/** Calls `fn` at an instant; returns what forgets it. */
export function at(clock: Clock, instant: number, fn: () => void): () => void {
  let handle: TimerHandle;
  const wait = () => {
    const left = instant - clock.now();
    handle =
      left > LONGEST ? clock.setTimeout(wait, LONGEST) : clock.setTimeout(due, Math.max(0, left));
  };
  const due = () => {
    const left = instant - clock.now();
    if (left > 0 && left <= ROUNDING_MS) handle = clock.setTimeout(fn, left);
    else fn();
  };
  wait();
  return () => clock.clearTimeout(handle);
}

/** Its input stays in its state, so that a restored one goes on with the same. */
type WaitSnapshot<Input, Output> = Snapshot<Output> & { readonly input: Input };

/** Begins what an actor is there for; returns what cleans up, told whether the actor ended by itself or was stopped. */
export type Begin<Input> = (
  input: Input,
  self: AnyActorRef,
  restored: boolean,
) => ((how: 'ended' | 'stopped') => void) | undefined;

/**
 * Logic of an actor that starts something and ends with the output of an event `{ type: 'end', output }`.
 * Leaner than `fromCallback` or `fromPromise`, which build more for each actor than is needed here.
 */
export function waiting<Input, Output>(begin: Begin<Input>): InvokedLogic<Output, Input> {
  const cleanUps = new WeakMap<AnyActorRef, (how: 'ended' | 'stopped') => void>();
  const restored = new WeakSet<AnyActorRef>();
  const withInput = (snapshot: Snapshot<Output>) => snapshot as WaitSnapshot<Input, Output>;
  return {
    getInitialSnapshot: (_, input) =>
      withInput({ status: 'active', output: undefined, error: undefined, ...{ input } }),
    transition(snapshot, event: EventObject & { output?: Output }, { self }) {
      if (snapshot.status !== 'active') return snapshot;
      if (event.type === 'end') {
        cleanUps.get(self)?.('ended');
        return { status: 'done', output: event.output as Output, error: undefined };
      }
      if (event.type === 'xstate.stop') {
        cleanUps.get(self)?.('stopped');
        return { status: 'stopped', output: undefined, error: undefined };
      }
      return snapshot;
    },
    start(snapshot, { self }) {
      if (snapshot.status !== 'active') return;
      const cleanUp = begin(withInput(snapshot).input, self, restored.has(self));
      if (cleanUp !== undefined) cleanUps.set(self, cleanUp);
    },
    getPersistedSnapshot: snapshot => snapshot,
    restoreSnapshot(snapshot, { self }) {
      restored.add(self);
      return snapshot as Snapshot<Output>;
    },
  };
}

/** Ends an actor of such a logic. What was held up may come when it is stopped by now, and has nobody to end for then. */
export function endWaiting<Output>(self: AnyActorRef, output: Output): void {
  const { status } = self.getSnapshot() as Snapshot<Output>;
  if (status === 'active') self.send({ type: 'end', output });
}

/** Ends at `dueAt`; a restored one waits for what is left. Nothing becomes due while the recovery resumes or closes. */
export const timer =
  (clock: Clock, lifecycle: Lifecycle): Begin<TimerInput> =>
  ({ dueAt }, self) => {
    if (dueAt === null || lifecycle.closing) return undefined;
    const end = () => endWaiting<TimerOutput>(self, { at: clock.now() });
    return at(clock, dueAt, () => lifecycle.begin(end));
  };
