import { type AnyActorRef, assign, emit, sendTo, setup, stopChild } from 'xstate';
import { unending } from '../invoked-logic.ts';
import type { TimerInput, TimerOutput } from '../operation/types.ts';
import type { PermitDenied, PermitGranted, PermitRequest } from '../permit.ts';
import { payers } from './budget.ts';
import * as decide from './decisions.ts';
import * as ask from './guards.ts';
import { freePermits, nextLeaseEnd } from './half-open.ts';
import type {
  BreakerContext,
  BreakerEmitted,
  BreakerEvent,
  BreakerInput,
  ConfigureEvent,
  ForceOrder,
  OpenTime,
  ResetOrder,
} from './types.ts';

type Denial = Pick<PermitDenied, 'breaker' | 'retryAt'> & { readonly request: PermitRequest };
interface Params<Event> {
  readonly context: BreakerContext;
  readonly event: Event;
}

/** What an action looks at in its event. */
const event = <Event>({ event }: { readonly event: Event }) => event;
const output = ({ event }: { readonly event: { readonly output: TimerOutput } }) => event.output;

/** An operation's permit comes back after an attempt that is tried again, or with the operation's end. */
const onReturn = <T>(transitions: T) => ({
  'permit.return': transitions,
  'xstate.done.actor.operation.*': transitions,
});

const grant = { type: 'grant', params: event<PermitRequest> } as const;
const lend = { type: 'lend', params: event<PermitRequest> } as const;
const pay = { type: 'pay', params: event<PermitRequest> } as const;
const denyUnpaid = [
  { type: 'missTokens', params: event<PermitRequest> },
  {
    type: 'deny',
    params: ({ context, event }: Params<PermitRequest>) => ({
      request: event,
      breaker: 'budget',
      retryAt: ask.payableAt(context, event.cost, event.at),
    }),
  },
] as const;

/** Every permit is granted whose retry is paid. */
const grantsAll = {
  'permit.request': [
    { guard: 'costsNothing', actions: grant },
    { guard: 'canPay', actions: [pay, grant] },
    { actions: denyUnpaid },
  ],
} as const;

/** None is. */
const deniesAll = (breaker: 'open' | 'isolated') =>
  ({
    'permit.request': {
      actions: {
        type: 'deny',
        params: ({ context, event }: Params<PermitRequest>) => ({
          request: event,
          breaker,
          retryAt: context.openUntil ?? context.override?.until ?? null,
        }),
      },
    },
  }) as const;

const tallies = [
  { guard: 'freesTokens', actions: ['tally', 'announceTokens'] },
  { actions: 'tally' },
] as const;

/** Tokens come back whatever the state is. */
const onlySettles = onReturn({ guard: 'settles', actions: 'settle' } as const);

/** Settings whose mode is another one. */
const observesFrom = {
  configure: {
    guard: 'becomesObserver',
    target: '#breaker.metrics_only',
    actions: [{ type: 'changeMode', params: event<ConfigureEvent> }, 'announceAll'],
  },
} as const;

/** The end of what an operator has forced, where that was given an end. */
const overrideTimer = {
  id: 'override',
  src: 'timer',
  input: ({ context }: { readonly context: BreakerContext }) => ({
    dueAt: context.override?.until ?? null,
  }),
} as const;
const endOverride = { type: 'endOverride', params: output } as const;

const force = { type: 'force', params: event<ForceOrder> } as const;
const reset = { type: 'reset', params: event<ResetOrder> } as const;

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
      (_, { request }: Denial) => request.from,
      (_, { request, breaker, retryAt }): PermitDenied => ({
        type: 'permit.denied',
        breaker,
        retryAt,
        at: request.at,
      }),
    ),
    tally: assign(({ context, event }) => decide.tallied(context, decide.permitOf(event))),
    settle: assign(({ context, event }) => decide.settled(context, decide.permitOf(event))),
    trip: assign(({ context, event }) => decide.tripped(context, decide.permitOf(event))),
    noteTrip: assign(({ context, event }) =>
      decide.wouldHaveTripped(context, decide.permitOf(event)),
    ),
    reopen: assign(({ context, event }) => decide.reopened(context, decide.permitOf(event))),
    close: assign(({ context, event }) => decide.closed(context, decide.permitOf(event))),
    tallyProbe: assign(({ context, event }) => decide.probed(context, decide.permitOf(event))),
    halfOpen: assign(({ context }, { at }: TimerOutput) => decide.halfOpened(context, at)),
    endOverride: assign(({ context }, { at }: TimerOutput) => decide.overrideEnded(context, at)),
    /** A probe's permit is a lease: it ends also when the probe hangs. */
    lend: assign(({ context }, request: PermitRequest) => decide.lent(context, request)),
    takeBack: assign(({ context }, { at }: TimerOutput) => decide.leaseEnded(context, at)),
    pay: assign(({ context }, request: PermitRequest) => decide.paid(context, request)),
    missTokens: assign(({ context }, request: PermitRequest) => decide.unpaid(context, request)),
    pace: assign(({ context }, { at }: { readonly at: number }) => decide.paced(context, at)),
    force: assign(({ context }, order: ForceOrder) => decide.forced(context, order)),
    reset: assign(({ context }, order: ResetOrder) => decide.reset(context, order)),
    configure: assign(({ context }, event: ConfigureEvent) => decide.configured(context, event)),
    changeMode: assign(({ context }, event: ConfigureEvent) => decide.modeChanged(context, event)),
    drawOpenTime: assign((_, { delay, draw, opening }: OpenTime) => ({
      nextOpen: {
        delay,
        ...(draw === undefined ? {} : { draw }),
        ...(opening === undefined ? {} : { opening }),
      },
    })),
    announceAll: emit({ type: 'permits.available', permits: null }),
    announceFree: emit(({ context }) => ({
      type: 'permits.available',
      permits: freePermits(context),
    })),
    announceTokens: emit(({ context: { budget, settings } }) => ({
      type: 'permits.available',
      permits: budget === null || settings.budget === null ? null : payers(budget, settings.budget),
    })),
    stopOperation: stopChild((_, child: { readonly ref: AnyActorRef }) => child.ref),
  },
  guards: {
    costsNothing: asked => ask.costsNothing(asked),
    canPay: asked => ask.canPay(asked),
    leavesAsItIs: asked => ask.leavesAsItIs(asked),
    trips: asked => ask.trips(asked),
    crosses: asked => ask.crosses(asked),
    settles: asked => ask.settles(asked),
    freesTokens: asked => ask.freesTokens(asked),
    closes: asked => ask.closes(asked),
    reopens: asked => ask.reopens(asked),
    isProbe: asked => ask.isProbe(asked),
    isLastProbe: asked => ask.isLastProbe(asked),
    hasNoneFree: asked => ask.hasNoneFree(asked),
    noLeaseIsLeft: ({ context }, { at }: TimerOutput) => ask.noLeaseIsLeft(context, at),
    isDated: asked => ask.isDated(asked),
    forcesTo: (asked, { to }: Pick<ForceOrder, 'to'>) => ask.forcesTo(asked, to),
    onlyCounts: asked => ask.onlyCounts(asked),
    isResetToCount: asked => ask.isDated(asked) && ask.onlyCounts(asked),
    isNewer: asked => ask.isNewer(asked),
    becomesObserver: asked => ask.becomesObserver(asked),
    becomesEnforcer: asked => ask.becomesEnforcer(asked),
    paces: asked => ask.paces(asked),
  },
}).createMachine({
  id: 'breaker',
  context: ({ input }) => decide.initial(input),
  initial: 'closed',
  on: {
    configure: { guard: 'isNewer', actions: { type: 'configure', params: event } },
    'open_time.drawn': { actions: { type: 'drawOpenTime', params: event } },
    'rate.take': { guard: 'paces', actions: { type: 'pace', params: event } },
    'operation.stop': { actions: { type: 'stopOperation', params: event } },
    /** An operation actor that broke must not take its breaker along. */
    'xstate.error.actor.operation.*': {},
    force: [
      {
        guard: { type: 'forcesTo', params: { to: 'isolated' } },
        target: '.isolated',
        actions: force,
      },
      {
        guard: { type: 'forcesTo', params: { to: 'forced_closed' } },
        target: '.forced_closed',
        actions: [force, 'announceAll'],
      },
      {
        guard: { type: 'forcesTo', params: { to: 'metrics_only' } },
        target: '.metrics_only',
        actions: [force, 'announceAll'],
      },
    ],
    reset: [
      { guard: 'isResetToCount', target: '.metrics_only', actions: [reset, 'announceAll'] },
      { guard: 'isDated', target: '.closed', actions: [reset, 'announceAll'] },
    ],
  },
  states: {
    closed: {
      on: {
        ...grantsAll,
        ...onReturn([
          { guard: 'leavesAsItIs' },
          { guard: 'trips', target: 'open', actions: 'trip' },
          ...tallies,
        ] as const),
        ...observesFrom,
      },
    },

    open: {
      invoke: {
        id: 'timer',
        src: 'timer',
        input: ({ context }) => ({ dueAt: context.openUntil }),
        onDone: { target: 'half_open', actions: { type: 'halfOpen', params: output } },
      },
      on: { ...deniesAll('open'), ...onlySettles, ...observesFrom },
    },

    half_open: {
      initial: 'waiting',
      on: {
        'permit.request': [
          {
            guard: 'hasNoneFree',
            actions: {
              type: 'deny',
              params: ({ context, event }) => ({
                request: event,
                breaker: 'half_open',
                retryAt: nextLeaseEnd(context),
              }),
            },
          },
          { guard: 'costsNothing', target: '.probing', actions: [lend, grant] },
          { guard: 'canPay', target: '.probing', actions: [pay, lend, grant] },
          { actions: denyUnpaid },
        ],
        ...onReturn([
          { guard: 'closes', target: 'closed', actions: ['close', 'announceAll'] },
          { guard: 'reopens', target: 'open', actions: 'reopen' },
          { guard: 'isLastProbe', target: '.waiting', actions: 'tallyProbe' },
          { guard: 'isProbe', target: '.probing', actions: ['tallyProbe', 'announceFree'] },
          { guard: 'settles', actions: 'settle' },
        ] as const),
        configure: [
          observesFrom.configure,
          { guard: 'isNewer', actions: [{ type: 'configure', params: event }, 'announceFree'] },
        ],
      },
      states: {
        /** No probe is out. */
        waiting: { entry: 'announceFree' },
        /** Entered anew with each permit that is lent or comes back, so that the timer is always that of the lease that ends next. */
        probing: {
          invoke: {
            id: 'lease',
            src: 'timer',
            input: ({ context }) => ({ dueAt: nextLeaseEnd(context) }),
            onDone: [
              {
                guard: { type: 'noLeaseIsLeft', params: output },
                target: 'waiting',
                actions: { type: 'takeBack', params: output },
              },
              {
                target: 'probing',
                reenter: true,
                actions: [{ type: 'takeBack', params: output }, 'announceFree'],
              },
            ],
          },
        },
      },
    },

    /** Forced open by an operator. When that ends, a probe tests the ground. */
    isolated: {
      invoke: {
        ...overrideTimer,
        onDone: [
          { guard: 'onlyCounts', target: 'metrics_only', actions: [endOverride, 'announceAll'] },
          { target: 'half_open', actions: { type: 'halfOpen', params: output } },
        ],
      },
      on: { ...deniesAll('isolated'), ...onlySettles },
    },

    /** Forced closed by an operator: everything is let through, and counted for whoever looks. */
    forced_closed: {
      invoke: {
        ...overrideTimer,
        onDone: [
          { guard: 'onlyCounts', target: 'metrics_only', actions: endOverride },
          { target: 'closed', actions: endOverride },
        ],
      },
      on: {
        ...grantsAll,
        ...onReturn([{ guard: 'leavesAsItIs' }, ...tallies] as const),
      },
    },

    /** Everything is let through; where it would have opened, that is recorded. By its settings, or by an operator. */
    metrics_only: {
      invoke: {
        ...overrideTimer,
        onDone: [
          { guard: 'onlyCounts', target: 'metrics_only', reenter: true, actions: endOverride },
          { target: 'closed', actions: endOverride },
        ],
      },
      on: {
        ...grantsAll,
        ...onReturn([
          { guard: 'leavesAsItIs' },
          { guard: 'crosses', actions: 'noteTrip' },
          ...tallies,
        ] as const),
        configure: {
          guard: 'becomesEnforcer',
          target: 'closed',
          actions: { type: 'changeMode', params: event },
        },
      },
    },
  },
});
