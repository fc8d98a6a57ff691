import pRetry from 'p-retry';
import type { Contender } from '../contender.ts';

export const contender: Contender = {
  setup: async () => {},
  call: input => pRetry(async () => input, { retries: 3 }),
  teardown: async () => {},
};
