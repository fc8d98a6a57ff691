import { pathSuite } from './support/path-suite.ts';

/** Hundreds of lives, each of several processes. */
export const suiteTimeout = 180_000;

pathSuite(
  'with a fallback',
  {
    policy: { fallback: async () => 'stood in', timeout: 1_000 },
    outcomes: [
      'success',
      'network',
      'validation',
      'hang',
      'crash',
      'shutdown',
      'cancel',
      'open',
      'broken',
    ],
  },
  40,
);
