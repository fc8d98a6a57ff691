import * as decide from './decisions.ts';
import * as fallback from './fallback.ts';
import { operationSetup } from './setup.ts';
import * as undo from './undo.ts';
import { undoWait } from './undoing.ts';

const pausable = { guard: 'isDated', target: 'paused', actions: 'recordPause' } as const;

const backoff = operationSetup.createStateConfig({
  invoke: {
    id: 'timer',
    src: 'timer',
    input: ({ context }) => ({ dueAt: context.wait.dueAt }),
    onDone: [
      { guard: 'needsSlot', target: 'queued' },
      {
        guard: 'isFallingBack',
        target: '#operation.in_progress.falling_back',
        actions: {
          type: 'record',
          params: ({ context, event }) => fallback.again(context, event.output.at),
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
  on: { pause: pausable },
});

/** What it waits for will be announced: that the breaker lets it try, or that the budget can pay. */
const blocked = operationSetup.createStateConfig({
  invoke: {
    id: 'gate',
    src: 'gate',
    input: ({ context, event }) => decide.gateInput(context, event),
    onDone: [
      {
        guard: { type: 'expiredBeforeFallback', params: ({ event }) => event.output },
        target: '#operation.in_progress.falling_back',
        actions: {
          type: 'record',
          params: ({ context, event }) =>
            fallback.fallingBack(decide.gateExpired(context, event.output.at), 'exhausted'),
        },
      },
      {
        guard: { type: 'expiredBeforeUndos', params: ({ event }) => event.output },
        target: 'undoing',
        actions: {
          type: 'record',
          params: ({ context, event }) =>
            undo.takingBack(context, decide.gateExpired(context, event.output.at), 'exhausted'),
        },
      },
      {
        guard: { type: 'expired', params: ({ event }) => event.output },
        target: '#operation.exhausted',
        actions: {
          type: 'record',
          params: ({ context, event }) => decide.gateExpired(context, event.output.at),
        },
      },
      { guard: 'needsSlot', target: 'queued' },
      {
        target: '#operation.in_progress',
        actions: {
          type: 'askForPermit',
          params: ({ event }) => ({ at: event.output.at, trigger: 'due' }),
        },
      },
    ],
  },
  on: { pause: pausable },
});

/** It is due and waits for a slot. Not recorded: it has not left `recovering`. */
const queued = operationSetup.createStateConfig({
  invoke: {
    id: 'slot',
    src: 'slot',
    input: ({ context }) => ({
      operationId: context.operationId,
      deadline: context.policy.deadline,
    }),
    onDone: [
      {
        guard: 'isFallingBack',
        target: '#operation.in_progress.falling_back',
        actions: {
          type: 'record',
          params: ({ context, event }) => fallback.again(context, event.output.at),
        },
      },
      {
        guard: { type: 'expiredBeforeFallback', params: ({ event }) => event.output },
        target: '#operation.in_progress.falling_back',
        actions: {
          type: 'record',
          params: ({ context, event }) =>
            fallback.fallingBack(decide.slotExpired(context, event.output.at), 'exhausted'),
        },
      },
      {
        guard: { type: 'expiredBeforeUndos', params: ({ event }) => event.output },
        target: 'undoing',
        actions: {
          type: 'record',
          params: ({ context, event }) =>
            undo.takingBack(context, decide.slotExpired(context, event.output.at), 'exhausted'),
        },
      },
      {
        guard: { type: 'expired', params: ({ event }) => event.output },
        target: '#operation.exhausted',
        actions: {
          type: 'record',
          params: ({ context, event }) => decide.slotExpired(context, event.output.at),
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
  on: { pause: pausable },
});

export const recovering = operationSetup.createStateConfig({
  initial: 'backoff',
  states: {
    backoff,
    blocked,
    queued,
    undoing: undoWait,
    paused: {
      on: {
        resume: { guard: 'isDated', target: 'backoff', actions: 'recordContinuation' },
      },
    },
  },
});
