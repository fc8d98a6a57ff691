import { operationSetup } from './setup.ts';
import * as undo from './undo.ts';

/** It holds no permit and no slot, and nothing cuts it short but the end of its process: what is begun is taken back. */
export const undoing = operationSetup.createStateConfig({
  invoke: {
    id: 'undo',
    src: 'undo',
    input: ({ context }) => ({
      operationId: context.operationId,
      attempt: undo.tryOf(context),
    }),
    onDone: [
      {
        guard: { type: 'undoesMore', params: ({ event }) => event.output },
        target: '#operation.recovering.undoing',
        actions: {
          type: 'record',
          params: ({ context, event }) => undo.settled(context, event.output),
        },
      },
      {
        guard: 'wasExhausted',
        target: '#operation.exhausted',
        actions: {
          type: 'record',
          params: ({ context, event }) => undo.over(context, event.output),
        },
      },
      {
        target: '#operation.failed',
        actions: {
          type: 'record',
          params: ({ context, event }) => undo.over(context, event.output),
        },
      },
    ],
    onError: [
      {
        guard: {
          type: 'undoesMore',
          params: ({ context, event }) => undo.broken(context, event.error),
        },
        target: '#operation.recovering.undoing',
        actions: {
          type: 'record',
          params: ({ context, event }) =>
            undo.settled(context, undo.broken(context, event.error), 'undo.error'),
        },
      },
      {
        guard: 'wasExhausted',
        target: '#operation.exhausted',
        actions: {
          type: 'record',
          params: ({ context, event }) =>
            undo.over(context, undo.broken(context, event.error), 'undo.error'),
        },
      },
      {
        target: '#operation.failed',
        actions: {
          type: 'record',
          params: ({ context, event }) =>
            undo.over(context, undo.broken(context, event.error), 'undo.error'),
        },
      },
    ],
  },
  on: { cancel: {} },
});

/** The next undo is called when that is due: at once, or after one that has failed. */
export const undoWait = operationSetup.createStateConfig({
  invoke: {
    id: 'timer',
    src: 'timer',
    input: ({ context }) => ({ dueAt: context.wait.dueAt }),
    onDone: {
      target: '#operation.in_progress.undoing',
      actions: {
        type: 'record',
        params: ({ context, event }) => undo.called(context, event.output.at),
      },
    },
  },
  on: { cancel: {} },
});
