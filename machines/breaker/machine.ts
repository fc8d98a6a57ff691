import {
  deniesAll,
  denyUnpaid,
  endOverride,
  event,
  force,
  grant,
  grantsAll,
  lend,
  observesFrom,
  onlySettles,
  onReturn,
  output,
  overrideTimer,
  pay,
  reset,
  tallies,
} from './arrows.ts';
import { initial } from './decisions.ts';
import { nextLeaseEnd } from './half-open.ts';
import { breakerSetup } from './setup.ts';

/**
 * The circuit breaker of one key, and the parent of its operations. It grants permits that carry its generation; an outcome of
 * an older generation never moves it. The runtime provides `timer`; the events carry the instants.
 */
export const breakerMachine = breakerSetup.createMachine({
  id: 'breaker',
  context: ({ input }) => initial(input),
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
          // Its turn at the permit is the next one's.
          { actions: [...denyUnpaid, 'announceFree'] },
        ],
        /** One whose turn it was has gone before it could ask. */
        'turn.passed': { actions: 'announceFree' },
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
