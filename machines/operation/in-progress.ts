import { and } from 'xstate';
import * as attempted from './attempted.ts';
import * as decide from './decisions.ts';
import * as fallback from './fallback.ts';
import { fallingBack } from './falling-back.ts';
import { returnAfter, returnBeforeRetry, returnIgnored } from './permits.ts';
import { operationSetup } from './setup.ts';
import * as undo from './undo.ts';
import { undoing } from './undoing.ts';

/** The breaker answers at once, so an operation never rests here. */
const admitting = operationSetup.createStateConfig({
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
        guard: 'waits',
        target: '#operation.recovering.blocked',
        actions: {
          type: 'record',
          params: ({ context, event }) => decide.blocked(context, event),
        },
      },
      {
        guard: 'hasFallback',
        target: 'falling_back',
        actions: {
          type: 'record',
          params: ({ context, event }) =>
            fallback.fallingBack(decide.refused(context, event), 'failed'),
        },
      },
      {
        guard: 'hasUndos',
        target: '#operation.recovering.undoing',
        actions: {
          type: 'record',
          params: ({ context, event }) =>
            undo.takingBack(context, decide.refused(context, event), 'failed'),
        },
      },
      {
        target: '#operation.failed',
        actions: {
          type: 'record',
          params: ({ context, event }) => decide.refused(context, event),
        },
      },
    ],
  },
});

const running = operationSetup.createStateConfig({
  invoke: {
    id: 'attempt',
    src: 'attempt',
    input: ({ context }) => ({ operationId: context.operationId, attempt: context.attempt }),
    onDone: [
      {
        guard: { type: 'succeeded', params: ({ event }) => event.output },
        target: '#operation.success',
        actions: {
          type: 'record',
          params: ({ context, event }) =>
            attempted.succeeded(context, attempted.success(event.output)),
        },
      },
      {
        guard: { type: 'mayRetry', params: ({ event }) => event.output },
        target: '#operation.recovering.backoff',
        actions: [
          {
            type: 'returnPermit',
            params: ({ context, event }) => returnBeforeRetry(context, event.output),
          },
          {
            type: 'record',
            params: ({ context, event }) =>
              attempted.retrying(context, attempted.failure(event.output)),
          },
        ],
      },
      {
        guard: { type: 'goesOn', params: ({ event }) => event.output },
        target: '#operation.recovering.backoff',
        actions: [
          {
            type: 'returnPermit',
            params: ({ context, event }) => returnAfter(context, event.output),
          },
          {
            type: 'record',
            params: ({ context, event }) =>
              attempted.cutShort(context, attempted.cut(event.output)),
          },
        ],
      },
      {
        guard: 'hasFallback',
        target: 'falling_back',
        actions: [
          {
            type: 'returnPermit',
            params: ({ context, event }) => returnAfter(context, event.output),
          },
          {
            type: 'record',
            params: ({ context, event }) =>
              fallback.fallingBack(
                attempted.over(context, event.output),
                attempted.exhausts(event.output) ? 'exhausted' : 'failed',
              ),
          },
        ],
      },
      {
        guard: 'hasUndos',
        target: '#operation.recovering.undoing',
        actions: [
          {
            type: 'returnPermit',
            params: ({ context, event }) => returnAfter(context, event.output),
          },
          {
            type: 'record',
            params: ({ context, event }) =>
              undo.takingBack(
                context,
                attempted.over(context, event.output),
                attempted.exhausts(event.output) ? 'exhausted' : 'failed',
              ),
          },
        ],
      },
      {
        guard: { type: 'exhausts', params: ({ event }) => event.output },
        target: '#operation.exhausted',
        actions: {
          type: 'record',
          params: ({ context, event }) => attempted.over(context, event.output),
        },
      },
      {
        target: '#operation.failed',
        actions: {
          type: 'record',
          params: ({ context, event }) => attempted.over(context, event.output),
        },
      },
    ],
    onError: [
      {
        guard: 'hasUndos',
        target: '#operation.recovering.undoing',
        actions: [
          {
            type: 'returnPermit',
            params: ({ context }) => returnIgnored(context, context.last.at),
          },
          {
            type: 'record',
            params: ({ context, event }) =>
              undo.takingBack(context, attempted.broken(context, event.error), 'failed'),
          },
        ],
      },
      {
        target: '#operation.failed',
        actions: {
          type: 'record',
          params: ({ context, event }) => attempted.broken(context, event.error),
        },
      },
    ],
  },
  on: {
    'undo.registered': { actions: 'register' },
    /** What holds no permit is cancelled further out. */
    cancel: {
      guard: and(['isDated', 'hasUndos']),
      target: '#operation.recovering.undoing',
      actions: [
        {
          type: 'returnPermit',
          params: ({ context, event }) => returnIgnored(context, event.at),
        },
        {
          type: 'record',
          params: ({ context, event }) =>
            undo.takingBack(context, decide.cancelled(context, event), 'failed'),
        },
      ],
    },
  },
});

export const inProgress = operationSetup.createStateConfig({
  initial: 'admitting',
  states: { admitting, running, falling_back: fallingBack, undoing },
});
