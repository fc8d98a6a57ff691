import { pathSuite } from './support/path-suite.ts';

/** Hundreds of lives, each of several processes. */
export const suiteTimeout = 180_000;

pathSuite(
  'that needs a lock, with a fallback',
  {
    policy: { lock: input => input, totalTimeout: 5_000, fallback: async () => 'stood in' },
    outcomes: ['success', 'locked', 'deadline'],
  },
  3,
);
