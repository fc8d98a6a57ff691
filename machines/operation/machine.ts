import { assign, sendParent, setup } from 'xstate';
import { unending } from '../invoked-logic.ts';
import type { PermitReturn } from '../permit.ts';
import * as decide from './decisions.ts';
import type {
  AttemptInput,
  AttemptOutcome,
  GateInput,
  GateOutput,
  OperationContext,
  OperationEvent,
  OperationInput,
  OperationOutput,
  TimerInput,
  TimerOutput,
} from './types.ts';

type Change = Partial<OperationContext>;
type PauseEvent = Extract<OperationEvent, { type: 'pause' }>;
type ResumeEvent = Extract<OperationEvent, { type: 'resume' }>;

/**
 * One operation. Its parent is the breaker of its key, which it asks for a permit before each attempt and tells each outcome.
 * The runtime provides `attempt`, `timer` and `gate`; the events carry the instants, since a chart has no clock.
 */
export const operationMachine = setup({
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
  },
  actions: {
    /** A transition that history tells of. */
    record: assign((_, change: Change) => change),
    recordPause: assign(({ context, event }) => decide.paused(context, event as PauseEvent)),
    recordContinuation: assign(({ context, event }) =>
      decide.continued(context, event as ResumeEvent),
    ),
    askForPermit: sendParent(
      ({ context, self }, { at, trigger }: { readonly at: number; readonly trigger: string }) =>
        ({
          type: 'permit.request',
          operationId: context.operationId,
          from: self,
          at,
          trigger,
        }) as const,
    ),
    returnPermit: sendParent((_, permit: PermitReturn | null) => ({
      type: 'permit.return' as const,
      ...permit,
    })),
  },
  guards: {
    /** Whoever has the actor may send it anything; what has no instant cannot be recorded. */
    isDated: ({ event }) => 'at' in event && Number.isFinite(event.at),
    failsWhenOpen: ({ context }) => context.policy.whenOpen === 'fail',
    succeeded: (_, outcome: AttemptOutcome) => outcome.kind === 'succeeded',
    suspended: (_, outcome: AttemptOutcome) => outcome.kind === 'suspended',
    interrupted: (_, outcome: AttemptOutcome) => outcome.kind === 'interrupted',
    mayBeInterruptedAgain: ({ context }, outcome: AttemptOutcome) =>
      outcome.kind === 'interrupted' && context.interruptions < context.policy.maxInterruptions,
    retryable: (_, outcome: AttemptOutcome) =>
      outcome.kind === 'failed' && outcome.verdict.retryable,
    mayRetry: ({ context }, outcome: AttemptOutcome) =>
      outcome.kind === 'failed' &&
      outcome.verdict.retryable &&
      outcome.verdict.limit === undefined &&
      context.retries < context.policy.maxRetries,
    expired: (_, gate: GateOutput) => gate.kind === 'expired',
  },
}).createMachine({
  id: 'operation',
  context: ({ input }) => decide.initial(input),
  output: ({ context }) => ({ permit: decide.returnAtEnd(context) }),
  initial: 'pending',
  on: {
    cancel: {
      guard: 'isDated',
      target: '.failed',
      actions: {
        type: 'record',
        params: ({ context, event }) => decide.cancelled(context, event),
      },
    },
  },
  states: {
    pending: {
      initial: 'queued',
      states: {
        queued: {
          on: {
            start: {
              target: '#operation.in_progress',
              actions: {
                type: 'askForPermit',
                params: ({ event }) => ({ at: event.at, trigger: 'start' }),
              },
            },
            pause: { guard: 'isDated', target: 'paused', actions: 'recordPause' },
          },
        },
        paused: {
          on: {
            resume: { guard: 'isDated', target: 'queued', actions: 'recordContinuation' },
          },
        },
      },
    },

    in_progress: {
      initial: 'admitting',
      states: {
        /** The breaker answers at once, so an operation never rests here. */
        admitting: {
          on: {
            'permit.granted': {
              target: 'running',
              actions: {
                type: 'record',
                params: ({ context, event }) => decide.granted(context, event),
              },
            },
            'permit.denied': [
              {
                guard: 'failsWhenOpen',
                target: '#operation.failed',
                actions: {
                  type: 'record',
                  params: ({ context, event }) => decide.refused(context, event),
                },
              },
              {
                target: '#operation.recovering.blocked',
                actions: {
                  type: 'record',
                  params: ({ context, event }) => decide.blocked(context, event),
                },
              },
            ],
          },
        },
        running: {
          invoke: {
            id: 'attempt',
            src: 'attempt',
            input: ({ context }) => ({
              operationId: context.operationId,
              attempt: context.attempt,
            }),
            onDone: [
              {
                guard: { type: 'succeeded', params: ({ event }) => event.output },
                target: '#operation.success',
                actions: {
                  type: 'record',
                  params: ({ context, event }) => decide.succeeded(context, event.output.at),
                },
              },
              {
                guard: { type: 'mayRetry', params: ({ event }) => event.output },
                target: '#operation.recovering.backoff',
                actions: [
                  {
                    type: 'returnPermit',
                    params: ({ context, event }) => decide.returnAfter(context, event.output),
                  },
                  {
                    type: 'record',
                    params: ({ context, event }) =>
                      decide.retrying(context, decide.failure(event.output)),
                  },
                ],
              },
              {
                guard: { type: 'retryable', params: ({ event }) => event.output },
                target: '#operation.exhausted',
                actions: {
                  type: 'record',
                  params: ({ context, event }) =>
                    decide.limited(context, decide.failure(event.output)),
                },
              },
              {
                guard: { type: 'mayBeInterruptedAgain', params: ({ event }) => event.output },
                target: '#operation.recovering.backoff',
                actions: [
                  {
                    type: 'returnPermit',
                    params: ({ context, event }) => decide.returnAfter(context, event.output),
                  },
                  {
                    type: 'record',
                    params: ({ context, event }) =>
                      decide.cutShort(context, 'interrupted', event.output.at),
                  },
                ],
              },
              {
                guard: { type: 'interrupted', params: ({ event }) => event.output },
                target: '#operation.exhausted',
                actions: {
                  type: 'record',
                  params: ({ context, event }) =>
                    decide.interruptedTooOften(context, event.output.at),
                },
              },
              {
                guard: { type: 'suspended', params: ({ event }) => event.output },
                target: '#operation.recovering.backoff',
                actions: [
                  {
                    type: 'returnPermit',
                    params: ({ context, event }) => decide.returnAfter(context, event.output),
                  },
                  {
                    type: 'record',
                    params: ({ context, event }) =>
                      decide.cutShort(context, 'suspended', event.output.at),
                  },
                ],
              },
              {
                target: '#operation.failed',
                actions: {
                  type: 'record',
                  params: ({ context, event }) =>
                    decide.rejected(context, decide.failure(event.output)),
                },
              },
            ],
            onError: {
              target: '#operation.failed',
              actions: {
                type: 'record',
                params: ({ context, event }) => decide.broken(context, event.error),
              },
            },
          },
        },
      },
    },

    recovering: {
      initial: 'backoff',
      states: {
        backoff: {
          invoke: {
            id: 'timer',
            src: 'timer',
            input: ({ context }) => ({ dueAt: context.dueAt }),
            onDone: {
              target: '#operation.in_progress',
              actions: {
                type: 'askForPermit',
                params: ({ event }) => ({ at: event.output.at, trigger: 'due' }),
              },
            },
          },
          on: {
            pause: { guard: 'isDated', target: 'paused', actions: 'recordPause' },
          },
        },
        blocked: {
          invoke: {
            id: 'gate',
            src: 'gate',
            input: ({ context }) => ({
              operationId: context.operationId,
              retryAt: context.dueAt,
              deadline: context.policy.deadline,
            }),
            onDone: [
              {
                guard: { type: 'expired', params: ({ event }) => event.output },
                target: '#operation.exhausted',
                actions: {
                  type: 'record',
                  params: ({ context, event }) => decide.expired(context, event.output.at),
                },
              },
              {
                target: '#operation.in_progress',
                actions: {
                  type: 'askForPermit',
                  params: ({ event }) => ({ at: event.output.at, trigger: 'due' }),
                },
              },
            ],
          },
          on: {
            pause: { guard: 'isDated', target: 'paused', actions: 'recordPause' },
          },
        },
        paused: {
          on: {
            resume: { guard: 'isDated', target: 'backoff', actions: 'recordContinuation' },
          },
        },
      },
    },

    success: { type: 'final' },
    failed: { type: 'final' },
    exhausted: { type: 'final' },
  },
});
