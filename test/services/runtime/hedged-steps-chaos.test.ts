import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { seededRandom } from '../../../adapters/testing/index.ts';
import type { OperationContext } from '../../../services/ports.ts';
import { FixedDelayStrategy } from '../../../services/strategies/index.ts';
import { transient } from './support/functions.ts';
import { World } from './support/world.ts';

/** Hundreds of operations in simulated time. */
export const suiteTimeout = 60_000;

const test = suite('shared steps, in any order');
const WORLDS = 200;

/** One operation whose two calls go through the same steps in orders, times and troubles that a seed decides. */
class Errand {
  readonly world = new World();
  readonly violations: string[] = [];
  told = 0;
  readonly #random;
  readonly #running = new Set<string>();
  readonly #results = new Map<string, number>();
  #runs = 0;

  constructor(seed: number) {
    this.#random = seededRandom(seed);
  }

  #chance(share: number): boolean {
    return this.#random() < share;
  }

  async #step(op: OperationContext, name: string): Promise<void> {
    const which = `${name} of attempt ${op.attempt}`;
    const result = await op.step(name, async () => {
      if (this.#running.has(which)) this.violations.push(`${which} runs twice at once`);
      if (this.#results.has(name)) this.violations.push(`${which} runs again`);
      this.#running.add(which);
      const ms = this.#random() * 120;
      if (this.#chance(0.7)) {
        await new Promise<void>(resolve => void this.world.clock.setTimeout(resolve, ms));
      }
      this.#running.delete(which);
      if (this.#chance(0.3)) throw transient();
      return ++this.#runs;
    });
    const known = this.#results.get(name) ?? result;
    if (known !== result) this.violations.push(`${which} has two results`);
    this.#results.set(name, result);
  }

  /** Some calls try a step that has failed once more. */
  async #insist(op: OperationContext, name: string): Promise<void> {
    if (this.#chance(0.5)) await this.#step(op, name).catch(() => {});
    return this.#step(op, name);
  }

  readonly #fn = async (_: unknown, op: OperationContext): Promise<void> => {
    const names = this.#chance(0.5) ? ['a', 'b', 'c'] : ['c', 'a'];
    if (this.#chance(0.4)) await Promise.all(names.map(name => this.#insist(op, name)));
    else for (const name of names) await this.#insist(op, name);
    if (this.#chance(0.2)) throw transient();
  };

  async run(): Promise<void> {
    const { boot, clock, disk } = this.world;
    const strategy = new FixedDelayStrategy({ delay: this.#chance(0.5) ? 0 : 300 });
    const recovery = await boot({ strategy, circuitBreakerThreshold: 100 });
    const options = { hedgeAfter: Math.floor(this.#random() * 100), maxRetries: 30 };
    const handle = await recovery.operation('work', this.#fn, options).start(undefined);
    const tell = () => void this.told++;
    void handle.result().then(tell, tell);
    for (let turn = 0; turn < 40; turn++) {
      if (this.#chance(0.2)) disk.hold();
      if (this.#chance(0.5)) disk.release();
      await clock.advance(Math.floor(this.#random() * 60));
    }
    disk.release();
    await clock.advance(100_000);
  }
}

test('no step runs twice at once within an attempt, none again once its result was given, and all calls see the same', async () => {
  for (let seed = 1; seed <= WORLDS; seed++) {
    const errand = new Errand(seed);
    await errand.run();
    assert.equal(errand.violations, [], `seed ${seed}`);
    assert.is(errand.told, 1, `seed ${seed}`);
    errand.world.crash();
  }
});

test.run();
