import type { Subject } from './path-suite.ts';

const done = async () => {};
const undo = { a: done, b: done };

/** Operations that take back, so that together they take every arrow that has to do with it. */
export const UNDO_SUBJECTS = {
  /** Two undos, which fail, are given up, and are cut short. */
  twice: {
    policy: { undo, undoRetries: 1, maxRetries: 0 },
    outcomes: [
      'success',
      'network',
      'validation',
      'crash',
      'broken',
      { undo: 'a', input: { folder: 'x' } },
      { undo: 'b' },
    ],
  },
  /** Whatever may happen before it takes back, and meanwhile. */
  once: {
    policy: { undo, undoRetries: 1, timeout: 1_000 },
    outcomes: ['success', 'hang', 'shutdown', 'cancel', 'pause', 'open', { undo: 'a' }],
  },
  waiting: {
    policy: { undo, undoRetries: 0, whenOpen: 'wait', totalTimeout: 5_000, concurrency: 1 },
    outcomes: ['success', 'network', 'cancel', 'open', 'busy', 'deadline', { undo: 'a' }],
  },
  fallingBack: {
    policy: { undo, undoRetries: 0, maxRetries: 0, fallback: async () => 'stood in' },
    outcomes: ['success', 'network', 'validation', 'crash', 'cancel', 'broken', { undo: 'a' }],
  },
} satisfies Readonly<Record<string, Subject>>;
