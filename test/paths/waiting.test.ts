import { pathSuite } from './support/path-suite.ts';

/** Hundreds of lives, each of several processes. */
export const suiteTimeout = 180_000;

pathSuite(
  'that waits for its breaker, with a deadline',
  {
    policy: { whenOpen: 'wait', totalTimeout: 5_000 },
    outcomes: ['success', 'network', 'hang', 'cancel', 'pause', 'open', 'deadline'],
  },
  15,
);
