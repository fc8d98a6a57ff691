/**
 * Lives through many scenarios: `npm run scenarios -- --count 500 --seed 1 --at-once 2`. Prints those that do not hold, with the seed that
 * repeats each (`--seed N --count 1`; KEEP_SCENARIOS=1 keeps its folder).
 */
import { parseArgs } from 'node:util';
import { runScenario } from './run-scenario.ts';
import { scenarioOf } from './scenario.ts';

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '500' },
    seed: { type: 'string', default: '1' },
    'at-once': { type: 'string', default: '2' },
  },
});
const [first, count, atOnce] = [values.seed, values.count, values['at-once']].map(Number) as [
  number,
  number,
  number,
];
const begun = performance.now();
const totals = { succeeded: 0, ended: 0, kills: 0, requests: 0 };
const broken: number[] = [];
let next = first;

await Promise.all(
  Array.from({ length: atOnce }, async () => {
    while (next < first + count) {
      const seed = next++;
      try {
        const { ended, lives, server } = await runScenario(scenarioOf(seed));
        totals[ended.error === undefined ? 'succeeded' : 'ended']++;
        totals.kills += lives - 1;
        totals.requests += server.requests.length;
      } catch (error) {
        broken.push(seed);
        console.error(error);
      }
      const done = totals.succeeded + totals.ended + broken.length;
      if (done % 50 === 0) console.log(`${done} of ${count}`);
    }
  }),
);
const seconds = ((performance.now() - begun) / 1_000).toFixed(0);
console.log(
  `${count} scenarios from seed ${first}, ${totals.kills} kills, ${totals.requests} downloads' requests, ${seconds} s: ${totals.succeeded} succeeded, ${totals.ended} ended badly and left nothing, ${broken.length} broken${broken.length > 0 ? `: ${broken.join(', ')}` : ''}`,
);
if (broken.length > 0) process.exitCode = 1;
