import { suite } from 'uvu';
import { many } from '../support/extent.ts';
import { runScenario } from './run-scenario.ts';
import { scenarioOf } from './scenario.ts';

/** Many processes, one after the other. */
export const suiteTimeout = 300_000;

const test = suite('a launcher that is killed');
/** `npm run scenarios` has more. All of these have each kind of work, kills, faults, a cancel, and ends of both kinds. */
const SEEDS = [1, 4, 7, 9, 12].slice(0, many(5, 1));

for (const seed of SEEDS) {
  test(`has everything whole or nothing at all, once, and no secret on its disk: scenario ${seed}`, () =>
    runScenario(scenarioOf(seed)).then(() => {}));
}

test.run();
