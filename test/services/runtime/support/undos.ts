import type { OperationContext, UndoContext } from '../../../../services/ports.ts';
import { permanent } from './functions.ts';
import type { World } from './world.ts';

/** Undos that note what they were called with, in their order; each throws what it is told to first. */
export function undos(...thrown: readonly unknown[]) {
  const calls: [name: string, input: unknown, attempt: number][] = [];
  const contexts: UndoContext[] = [];
  const left = [...thrown];
  const note = (name: string) => (input: unknown, op: UndoContext) => {
    calls.push([name, input, op.attempt]);
    contexts.push(op);
    if (left.length > 0) {
      const next = left.shift();
      if (next !== undefined) throw next;
    }
  };
  return { undo: { remove: note('remove'), close: note('close') }, calls, contexts };
}

/** A function that registers two undos before it comes to its end. */
export const registering =
  (end: (op: OperationContext) => unknown) =>
  async (_: unknown, op: OperationContext): Promise<unknown> => {
    await op.onUndo('remove', { folder: 'a' });
    await op.onUndo('close');
    return end(op);
  };

export const fails = () => {
  throw permanent();
};
export const hangs = () => new Promise<never>(() => {});

/** What a promise comes to when everything has happened that needs no time. */
export async function soon<T>({ settle }: Pick<World, 'settle'>, promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  await settle();
  return promise;
}
