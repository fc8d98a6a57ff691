import { pathSuite } from './support/path-suite.ts';

/** Hundreds of lives, each of several processes. */
export const suiteTimeout = 180_000;

pathSuite(
  'with a fallback, one slot, and a breaker that it waits for',
  {
    policy: {
      fallback: async () => 'stood in',
      whenOpen: 'wait',
      concurrency: 1,
      totalTimeout: 5_000,
    },
    outcomes: ['success', 'network', 'crash', 'cancel', 'open', 'busy', 'deadline'],
  },
  20,
);
