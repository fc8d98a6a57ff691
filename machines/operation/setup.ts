import { assign, sendParent, setup } from 'xstate';
import { unending } from '../invoked-logic.ts';
import type { PermitRequest, PermitReturn } from '../permit.ts';
import * as attempted from './attempted.ts';
import * as decide from './decisions.ts';
import { request } from './permits.ts';
import type { Change } from './record.ts';
import type {
  AttemptInput,
  AttemptOutcome,
  FallbackOutcome,
  GateInput,
  GateOutput,
  OperationContext,
  OperationEvent,
  OperationInput,
  OperationOutput,
  SlotInput,
  SlotOutput,
  TimerInput,
  TimerOutput,
  UndoOutcome,
} from './types.ts';
import * as undo from './undo.ts';

type PauseEvent = Extract<OperationEvent, { type: 'pause' }>;
type ResumeEvent = Extract<OperationEvent, { type: 'resume' }>;

/** What the chart's states are made of. */
export const operationSetup = setup({
  types: {
    context: {} as OperationContext,
    events: {} as OperationEvent,
    input: {} as OperationInput,
    output: {} as OperationOutput,
  },
  actors: {
    /** Calls the function once. Ends with an `AttemptOutcome`, also when the function throws. */
    attempt: unending<AttemptOutcome, AttemptInput>(),
    /** Ends at `dueAt`. */
    timer: unending<TimerOutput, TimerInput>(),
    /** Ends when the breaker may let the operation try, or when its deadline has come. */
    gate: unending<GateOutput, GateInput>(),
    /** Ends when the operation has a slot, or when its deadline has come. */
    slot: unending<SlotOutput, SlotInput>(),
    /** Calls the fallback once. Ends with a `FallbackOutcome`, also when the fallback throws. */
    fallback: unending<FallbackOutcome, AttemptInput>(),
    /** Calls the undo that is next once. Ends with an `UndoOutcome`, also when the undo throws. */
    undo: unending<UndoOutcome, AttemptInput>(),
  },
  actions: {
    /** A transition that history tells of. */
    record: assign((_, change: Change) => change),
    register: assign(({ context, event }) =>
      undo.registered(context, event as Extract<OperationEvent, { type: 'undo.registered' }>),
    ),
    recordPause: assign(({ context, event }) => decide.paused(context, event as PauseEvent)),
    recordContinuation: assign(({ context, event }) =>
      decide.continued(context, event as ResumeEvent),
    ),
    askForPermit: sendParent(({ context, self }, asked: Pick<PermitRequest, 'at' | 'trigger'>) =>
      request(context, self, asked),
    ),
    returnPermit: sendParent((_, permit: PermitReturn | null) => ({
      type: 'permit.return' as const,
      ...permit,
    })),
  },
  guards: {
    /** Whoever has the actor may send it anything; what has no instant cannot be recorded. */
    isDated: ({ event }) => 'at' in event && Number.isFinite(event.at),
    /** A breaker that is open may be waited for; a retry that cannot be paid always waits, since that is what its budget says. */
    waits: ({ context, event }) =>
      context.policy.whenOpen === 'wait' ||
      (event.type === 'permit.denied' && event.breaker === 'budget'),
    hasFallback: ({ context }) => context.policy.fallback === true,
    /** Something is to be taken back before it ends. */
    hasUndos: ({ context }) => context.undos !== null && context.undos.left.length > 0,
    undoesMore: ({ context }, outcome: UndoOutcome) => undo.goesOn(context, outcome),
    needsLock: ({ context }) => context.policy.lock !== undefined,
    needsSlot: ({ context }) => context.policy.limited === true,
    /** Its fallback was cut short. */
    isFallingBack: ({ context }) => context.ending !== null,
    wasExhausted: ({ context }) => context.ending?.state === 'exhausted',
    succeeded: (_, outcome: AttemptOutcome | FallbackOutcome) => outcome.kind === 'succeeded',
    /** Cut short, and another try may follow. */
    goesOn: ({ context }, outcome: AttemptOutcome | FallbackOutcome) =>
      outcome.kind === 'suspended' ||
      (outcome.kind === 'interrupted' &&
        context.counts.interruptions < context.policy.maxInterruptions),
    mayRetry: ({ context }, outcome: AttemptOutcome) => attempted.mayRetry(context, outcome),
    exhausts: (_, outcome: AttemptOutcome) => attempted.exhausts(outcome),
    expired: (_, waited: GateOutput) => waited.kind === 'expired',
    expiredBeforeUndos: ({ context }, waited: GateOutput) =>
      waited.kind === 'expired' && context.undos !== null && context.undos.left.length > 0,
    expiredBeforeFallback: ({ context }, waited: GateOutput) =>
      waited.kind === 'expired' && context.policy.fallback === true,
  },
});
