import * as fallback from './fallback.ts';
import { operationSetup } from './setup.ts';
import * as undo from './undo.ts';

/** No permit is held: what the fallback does says nothing about what the breaker watches. */
export const fallingBack = operationSetup.createStateConfig({
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
        guard: 'hasUndos',
        target: '#operation.recovering.undoing',
        actions: {
          type: 'record',
          params: ({ context, event }) =>
            undo.takingBackAfterFallback(context, fallback.over(context, event.output)),
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
        guard: 'hasUndos',
        target: '#operation.recovering.undoing',
        actions: {
          type: 'record',
          params: ({ context, event }) =>
            undo.takingBackAfterFallback(context, fallback.broken(context, event.error)),
        },
      },
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
  on: { 'undo.registered': { actions: 'register' } },
});
