import { and } from 'xstate';
import * as decide from './decisions.ts';
import * as fallback from './fallback.ts';
import { inProgress } from './in-progress.ts';
import { returnAtEnd } from './permits.ts';
import { recovering } from './recovering.ts';
import { operationSetup } from './setup.ts';
import type { OperationContext } from './types.ts';
import * as undo from './undo.ts';

/** Its deadline may come before it has begun: `expire`, from whoever keeps it waiting. */
const expires = (expired: typeof decide.startExpired) =>
  [
    {
      guard: and(['isDated', 'hasFallback']),
      target: '#operation.in_progress.falling_back',
      actions: {
        type: 'record',
        params: ({ context, event }: Dated) =>
          fallback.fallingBackUnbegun(expired(context, event.at), event),
      },
    },
    {
      guard: 'isDated',
      target: '#operation.exhausted',
      actions: {
        type: 'record',
        params: ({ context, event }: Dated) => expired(context, event.at),
      },
    },
  ] as const;
interface Dated {
  readonly context: OperationContext;
  readonly event: { readonly at: number; readonly withoutLock?: true };
}

/** First comes the lock, where it needs one that another operation has, then the slot: whoever holds a slot waits for no lock. */
const pending = operationSetup.createStateConfig({
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
        'lock.wait': {
          guard: and(['isDated', 'needsLock']),
          target: 'locked',
          actions: {
            type: 'record',
            params: ({ context, event }) => decide.locked(context, event),
          },
        },
        pause: { guard: 'isDated', target: 'paused', actions: 'recordPause' },
        expire: expires(decide.startExpired),
      },
    },
    locked: {
      on: {
        'lock.granted': {
          guard: 'isDated',
          target: 'queued',
          actions: {
            type: 'record',
            params: ({ context, event }) => decide.unlocked(context, event.at),
          },
        },
        pause: { guard: 'isDated', target: 'paused', actions: 'recordPause' },
        expire: expires(decide.lockExpired),
      },
    },
    paused: {
      on: {
        resume: { guard: 'isDated', target: 'queued', actions: 'recordContinuation' },
      },
    },
  },
});

/**
 * One operation. Its parent is the breaker of its key, which it asks for a permit before each attempt and tells each outcome.
 * The runtime provides `attempt`, `timer`, `gate`, `slot`, `fallback` and `undo`; the events carry the instants, since a chart has no clock.
 */
export const operationMachine = operationSetup.createMachine({
  id: 'operation',
  context: ({ input }) => decide.initial(input),
  output: ({ context }) => ({ permit: returnAtEnd(context) }),
  initial: 'pending',
  on: {
    cancel: [
      {
        guard: and(['isDated', 'hasUndos']),
        target: '.recovering.undoing',
        actions: {
          type: 'record',
          params: ({ context, event }) =>
            undo.takingBack(context, decide.cancelled(context, event), 'failed'),
        },
      },
      {
        guard: 'isDated',
        target: '.failed',
        actions: {
          type: 'record',
          params: ({ context, event }) => decide.cancelled(context, event),
        },
      },
    ],
  },
  states: {
    pending,
    in_progress: inProgress,
    recovering,
    success: { type: 'final' },
    failed: { type: 'final' },
    exhausted: { type: 'final' },
  },
});
