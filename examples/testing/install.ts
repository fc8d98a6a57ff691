/** The operation that the examples beside this file test. */
import { FixedDelayStrategy, type Recovery } from 'xstate-recovery';

export const defineInstall = (recovery: Recovery) =>
  recovery.operation(
    'install',
    async (model: string, op) => {
      const folder = await op.step('clone', async () => `/models/${model}`);
      await op.step('dependencies', async () => 12);
      return folder;
    },
    { maxRetries: 1, timeout: 60_000, strategy: new FixedDelayStrategy({ delay: 1_000 }) },
  );

export const given = {
  input: 'portrait',
  outcomes: ['success', 'network', 'cancel'],
} as const;
