import { pathSuite } from './support/path-suite.ts';

/** Hundreds of lives, each of several processes. */
export const suiteTimeout = 180_000;

pathSuite(
  'that needs a lock',
  {
    policy: { lock: input => input, totalTimeout: 5_000 },
    outcomes: ['success', 'network', 'crash', 'cancel', 'pause', 'locked', 'deadline'],
  },
  15,
);
