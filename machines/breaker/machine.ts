import { type AnyActorRef, assign, emit, sendTo, setup, stopChild } from 'xstate';
import { unending } from '../invoked-logic.ts';
import type { TimerInput, TimerOutput } from '../operation/types.ts';
import type { PermitDenied, PermitGranted, PermitRequest, PermitReturn } from '../permit.ts';
import * as decide from './decisions.ts';
import type {
  BreakerContext,
  BreakerEmitted,
  BreakerEvent,
  BreakerInput,
  BreakerSettings,
} from './types.ts';

type Denial = Pick<PermitDenied, 'breaker' | 'retryAt'>;

/** The permit of an event that a guard has found to carry one. */
const permitOf = (event: BreakerEvent) => decide.returned(event) as PermitReturn;

/** An operation's permit comes back after an attempt that is tried again, or with the operation's end. */
const onReturn = <T>(transitions: T) => ({
  'permit.return': transitions,
  'xstate.done.actor.operation.*': transitions,
});

/**
 * The circuit breaker of one key, and the parent of its operations. It grants permits that carry its generation; an outcome of
 * an older generation never moves it. The runtime provides `timer`; the events carry the instants.
 */
export const breakerMachine = setup({
  types: {
    context: {} as BreakerContext,
    events: {} as BreakerEvent,
    input: {} as BreakerInput,
    emitted: {} as BreakerEmitted,
  },
  actors: {
    /** Ends at `dueAt`. */
    timer: unending<TimerOutput, TimerInput>(),
  },
  actions: {
    grant: sendTo(
      (_, request: PermitRequest) => request.from,
      ({ context }, { at, trigger }): PermitGranted => ({
        type: 'permit.granted',
        generation: context.generation,
        at,
        trigger,
      }),
    ),
    deny: sendTo(
      (_, { request }: { readonly request: PermitRequest } & Denial) => request.from,
      (_, { request, breaker, retryAt }): PermitDenied => ({
        type: 'permit.denied',
        breaker,
        retryAt,
        at: request.at,
      }),
    ),
    countFailure: assign({ failures: ({ context }) => context.failures + 1 }),
    forgetFailures: assign({ failures: 0 }),
    recordTrip: assign(({ context, event }) => decide.tripped(context, permitOf(event))),
    recordReopening: assign(({ context, event }) => decide.reopened(context, permitOf(event))),
    recordClosing: assign(({ context, event }) => decide.closed(context, permitOf(event))),
    recordHalfOpening: assign(({ context }, due: TimerOutput) =>
      decide.halfOpened(context, due.at),
    ),
    recordIsolation: assign(({ context }, order: Extract<BreakerEvent, { type: 'isolate' }>) =>
      decide.isolated(context, order),
    ),
    recordReset: assign(({ context }, order: Extract<BreakerEvent, { type: 'reset' }>) =>
      decide.reset(context, order),
    ),
    /** The probe's permit is a lease: `probing` ends with it when the probe hangs. */
    lend: assign(({ context }, request: { readonly operationId: string; readonly at: number }) => ({
      probe: { operationId: request.operationId, until: request.at + context.probeTimeout },
    })),
    takeBack: assign({ probe: null }),
    configure: assign((_, settings: BreakerSettings) => ({
      threshold: settings.threshold,
      openTimeout: settings.openTimeout,
      probeTimeout: settings.probeTimeout,
    })),
    announceAll: emit({ type: 'permits.available', permits: null }),
    announceOne: emit({ type: 'permits.available', permits: 1 }),
    stopOperation: stopChild((_, child: { readonly ref: AnyActorRef }) => child.ref),
  },
  guards: {
    fails: ({ context, event }) => decide.comesBack(context, event, 'failure'),
    reachesThreshold: ({ context, event }) =>
      context.threshold !== null &&
      context.failures + 1 >= context.threshold &&
      decide.comesBack(context, event, 'failure'),
    endsARow: ({ context, event }) =>
      context.failures > 0 && decide.comesBack(context, event, 'success'),
    succeeds: ({ context, event }) => decide.comesBack(context, event, 'success'),
    probeIsIgnored: ({ context, event }) =>
      decide.comesBack(context, event, 'ignored') &&
      decide.returned(event)?.operationId === context.probe?.operationId,
  },
}).createMachine({
  id: 'breaker',
  context: ({ input }) => decide.initial(input),
  initial: 'closed',
  on: {
    configure: { actions: { type: 'configure', params: ({ event }) => event } },
    'operation.stop': { actions: { type: 'stopOperation', params: ({ event }) => event } },
    /** An operation actor that broke must not take its breaker along. */
    'xstate.error.actor.operation.*': {},
    isolate: {
      target: '.isolated',
      actions: { type: 'recordIsolation', params: ({ event }) => event },
    },
  },
  states: {
    closed: {
      on: {
        'permit.request': { actions: { type: 'grant', params: ({ event }) => event } },
        ...onReturn([
          { guard: 'reachesThreshold', target: 'open', actions: 'recordTrip' },
          { guard: 'fails', actions: 'countFailure' },
          { guard: 'endsARow', actions: 'forgetFailures' },
        ] as const),
      },
    },

    open: {
      invoke: {
        id: 'timer',
        src: 'timer',
        input: ({ context }) => ({ dueAt: context.openUntil }),
        onDone: {
          target: 'half_open',
          actions: { type: 'recordHalfOpening', params: ({ event }) => event.output },
        },
      },
      on: {
        'permit.request': {
          actions: {
            type: 'deny',
            params: ({ context, event }) => ({
              request: event,
              breaker: 'open',
              retryAt: context.openUntil,
            }),
          },
        },
        reset: {
          target: 'closed',
          actions: [{ type: 'recordReset', params: ({ event }) => event }, 'announceAll'],
        },
      },
    },

    half_open: {
      initial: 'waiting',
      on: {
        ...onReturn([
          { guard: 'succeeds', target: 'closed', actions: ['recordClosing', 'announceAll'] },
          { guard: 'fails', target: 'open', actions: 'recordReopening' },
          { guard: 'probeIsIgnored', target: '.waiting', actions: 'takeBack' },
        ] as const),
        reset: {
          target: 'closed',
          actions: [{ type: 'recordReset', params: ({ event }) => event }, 'announceAll'],
        },
      },
      states: {
        /** The one permit is free. */
        waiting: {
          entry: 'announceOne',
          on: {
            'permit.request': {
              target: 'probing',
              actions: [
                { type: 'lend', params: ({ event }) => event },
                { type: 'grant', params: ({ event }) => event },
              ],
            },
          },
        },
        probing: {
          invoke: {
            id: 'lease',
            src: 'timer',
            input: ({ context }) => ({ dueAt: context.probe?.until ?? null }),
            onDone: { target: 'waiting', actions: 'takeBack' },
          },
          on: {
            'permit.request': {
              actions: {
                type: 'deny',
                params: ({ context, event }) => ({
                  request: event,
                  breaker: 'half_open',
                  retryAt: context.probe?.until ?? null,
                }),
              },
            },
          },
        },
      },
    },

    /** Forced open by an operator, until an operator closes it. */
    isolated: {
      on: {
        'permit.request': {
          actions: {
            type: 'deny',
            params: ({ event }) => ({
              request: event,
              breaker: 'isolated',
              retryAt: null,
            }),
          },
        },
        reset: {
          target: 'closed',
          actions: [{ type: 'recordReset', params: ({ event }) => event }, 'announceAll'],
        },
      },
    },
  },
});
