/**
 * A process that serves a store: `visualized-program.js <store> <port> <what>`. `begin` starts an operation whose first attempt hangs after a step;
 * `go-on` resumes, starts three more and lets all end. Prints its port when it listens and what it was told to start is durable.
 */
import { createRecovery } from '../../../create-recovery.ts';
import { createRecoveryServer } from '../../../server.ts';
import { FixedDelayStrategy } from '../../../services/strategies/index.ts';

const [path = '', port = '0', what = 'begin'] = process.argv.slice(2);
const recovery = await createRecovery({
  persistencePath: path,
  strategy: new FixedDelayStrategy({ delay: 5 }),
  env: {},
});
const work = recovery.operation('work', async (n: number, op) => {
  const folder = await op.step('clone', () => `/models/${n}`);
  if (what === 'begin') await new Promise(() => setInterval(() => {}, 60_000));
  return folder;
});
const server = await createRecoveryServer(recovery, { port: Number(port), closeTimeout: 100 });
await recovery.resume();
const numbers = what === 'begin' ? [1] : [2, 3, 4];
for (const n of numbers) await work.start(n, { id: `work-${n}` });
console.log(new URL(server.url).port);
