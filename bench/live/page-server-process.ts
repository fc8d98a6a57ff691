/** The server behind the page: so many operations that fail and wait, again and again. */
import { obeyOrders } from '../child.ts';

/** The package as it was built, since the page is found beside it. */
const built = (file: string) => import(new URL(`../../../../dist/${file}`, import.meta.url).href);
const { createRecovery, FixedDelayStrategy } = (await built(
  'index.js',
)) as typeof import('../../index.ts');
const { createRecoveryServer } = (await built('server.js')) as typeof import('../../server.ts');

export interface PageOrder {
  readonly operations: number;
  /** Transitions a second, all operations together. */
  readonly transitions: number;
}

export interface PageServing {
  readonly url: string;
}

/** Of an attempt that fails: it ends, and later the next begins. */
const TRANSITIONS_OF_A_RETRY = 2;

const reset = Object.assign(new TypeError('read ECONNRESET'), { code: 'ECONNRESET' });

async function serve({ operations, transitions }: PageOrder): Promise<PageServing> {
  const recovery = await createRecovery({ env: {} });
  // Full jitter halves the delay on average.
  const delay = (2_000 * operations * TRANSITIONS_OF_A_RETRY) / transitions;
  const unlucky = recovery.operation('unlucky', () => Promise.reject(reset), {
    maxRetries: 1_000_000,
    strategy: new FixedDelayStrategy({ delay, jitter: 'full' }),
    breaker: (input: number) => `host-${input % 20}`,
    breakerOptions: { mode: 'metrics_only' },
  });
  for (let at = 0; at < operations; at += 500) {
    const some = Array.from({ length: Math.min(500, operations - at) }, (_, i) => at + i);
    await Promise.all(some.map(input => unlucky.start(input, { id: `operation-${input}` })));
  }
  const server = await createRecoveryServer(recovery, { port: 0 });
  return { url: server.url };
}

obeyOrders(serve);
