import type { Subject } from './path-suite.ts';

const done = async () => {};
const undo = { a: done, b: done };

/** Operations that take back, each small, so that together they take every arrow that has to do with it. */
export const UNDO_SUBJECTS = {
  /** Two undos that fail, and are given up. */
  twice: {
    policy: { undo, undoRetries: 1, maxRetries: 0 },
    outcomes: [
      'success',
      'network',
      'validation',
      'broken',
      { undo: 'a', input: { folder: 'x' } },
      { undo: 'b' },
    ],
  },
  /** One undo, which is cut short. */
  once: {
    policy: { undo, undoRetries: 1, maxRetries: 0, timeout: 1_000 },
    outcomes: ['success', 'hang', 'crash', 'shutdown', 'cancel', { undo: 'a' }],
  },
  refused: {
    policy: { undo, undoRetries: 0 },
    outcomes: ['success', 'network', 'open', { undo: 'a' }],
  },
  waiting: {
    policy: { undo, undoRetries: 0, whenOpen: 'wait', totalTimeout: 5_000, concurrency: 1 },
    outcomes: ['network', 'open', 'busy', 'deadline', { undo: 'a' }],
  },
  fallingBack: {
    policy: { undo, undoRetries: 0, maxRetries: 0, fallback: async () => 'stood in' },
    outcomes: ['success', 'validation', 'cancel', 'broken', { undo: 'a' }],
  },
} satisfies Readonly<Record<string, Subject>>;
