import { pathSuite } from './support/path-suite.ts';

/** Hundreds of lives, each of several processes. */
export const suiteTimeout = 180_000;

pathSuite(
  'that needs one of two slots',
  {
    policy: { concurrency: 2, timeout: 1_000, totalTimeout: 5_000 },
    outcomes: ['success', 'network', 'crash', 'cancel', 'pause', 'busy', 'deadline'],
  },
  20,
);
