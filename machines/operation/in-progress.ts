import * as attempted from './attempted.ts';
import * as decide from './decisions.ts';
import * as fallback from './fallback.ts';
import { returnAfter, returnBeforeRetry } from './permits.ts';
import { operationSetup } from './setup.ts';

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
    onError: {
      target: '#operation.failed',
      actions: {
        type: 'record',
        params: ({ context, event }) => attempted.broken(context, event.error),
      },
    },
  },
});

/** No permit is held: what the fallback does says nothing about what the breaker watches. */
const fallingBack = operationSetup.createStateConfig({
  invoke: {
    id: 'fallback',
    src: 'fallback',
    input: ({ context }) => ({ operationId: context.operationId, attempt: context.attempt }),
    onDone: [
      {
        guard: { type: 'succeeded', params: ({ event }) => event.output },
        target: '#operation.success',
        actions: {
          type: 'record',
          params: ({ context, event }) => fallback.stoodIn(context, event.output.at),
        },
      },
      {
        guard: { type: 'goesOn', params: ({ event }) => event.output },
        target: '#operation.recovering.backoff',
        actions: {
          type: 'record',
          params: ({ context, event }) => fallback.cutShort(context, fallback.cut(event.output)),
        },
      },
      {
        guard: 'wasExhausted',
        target: '#operation.exhausted',
        actions: {
          type: 'record',
          params: ({ context, event }) => fallback.over(context, event.output),
        },
      },
      {
        target: '#operation.failed',
        actions: {
          type: 'record',
          params: ({ context, event }) => fallback.over(context, event.output),
        },
      },
    ],
    onError: [
      {
        guard: 'wasExhausted',
        target: '#operation.exhausted',
        actions: {
          type: 'record',
          params: ({ context, event }) => fallback.broken(context, event.error),
        },
      },
      {
        target: '#operation.failed',
        actions: {
          type: 'record',
          params: ({ context, event }) => fallback.broken(context, event.error),
        },
      },
    ],
  },
});

export const inProgress = operationSetup.createStateConfig({
  initial: 'admitting',
  states: { admitting, running, falling_back: fallingBack },
});
