/**
 * A process that serves a store and works on it: `node server-program.js <store> <port> <transitions>`. It starts operations until the store has so many
 * transitions, then goes on serving. Prints its port, and the last position when nothing is left to do. It reads how far its client is, a position in a
 * line, and does not run away from it: whoever is too far behind would get a snapshot.
 */
import { createInterface } from 'node:readline';
import { createRecovery } from '../../../../create-recovery.ts';
import { createRecoveryServer } from '../../../../server.ts';

const AHEAD = 5_000;
const [path = '', port = '0', wanted = '0'] = process.argv.slice(2);
const recovery = await createRecovery({ persistencePath: path, env: {}, initialDelay: 5 });
let calls = 0;
let told = 0;
createInterface(process.stdin).on('line', line => {
  told = Number(line);
});
const turn = () => new Promise(resolve => setTimeout(resolve, 5));
const work = recovery.operation(
  'work',
  async (n: number) => {
    calls++;
    await new Promise(resolve => setTimeout(resolve, 2));
    if (calls % 7 === 0) throw Object.assign(new TypeError('reset'), { code: 'ECONNRESET' });
    return n;
  },
  { breaker: false, maxRetries: 20 },
);
await recovery.resume();
const server = await createRecoveryServer(recovery, { port: Number(port), closeTimeout: 100 });
console.log(new URL(server.url).port);

const run = async () => {
  for (;;) {
    const position = await recovery.position();
    if (position >= Number(wanted)) return;
    if (position - told > AHEAD) await turn();
    else await work.run(calls);
  }
};
await Promise.all(Array.from({ length: 12 }, run));
// Also what a process before left behind.
while (recovery.health().active > 0) await new Promise(resolve => setTimeout(resolve, 20));
console.log(await recovery.position());
