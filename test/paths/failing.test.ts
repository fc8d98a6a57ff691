import { pathSuite } from './support/path-suite.ts';

/** Hundreds of lives, each of several processes. */
export const suiteTimeout = 180_000;

pathSuite(
  'that fails when its breaker is open',
  {
    policy: { timeout: 1_000 },
    cutsMemory: true,
    outcomes: [
      'success',
      'network',
      'validation',
      'hang',
      'crash',
      'shutdown',
      'cancel',
      'pause',
      'open',
      'broken',
    ],
  },
  20,
);
