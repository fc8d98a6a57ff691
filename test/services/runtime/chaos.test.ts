import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { seededRandom } from '../../../adapters/testing/index.ts';
import { PersistenceError, RecoveryError } from '../../../services/errors.ts';
import type {
  OperationContext,
  OperationDefinition,
  OperationTransition,
} from '../../../services/ports.ts';
import type { DurableRecovery } from '../../../services/recovery.ts';
import { deferred, permanent, transient } from './support/functions.ts';
import { World } from './support/world.ts';

/** Hundreds of lives in simulated time. */
export const suiteTimeout = 120_000;

const test = suite('everything at once');
const RUNS = 60;
const ACTIONS = 80;
const IDS = 6;
const FINAL = /^(success|failed|exhausted)$/;

/** What the test knows from outside, to hold the store against. */
class Ledger {
  /** Ids whose start was acknowledged. */
  readonly acknowledged = new Set<string>();
  /** Attempts that were called, by id, with those that were called a second time. */
  readonly calls = new Map<string, Set<number>>();
  readonly hedged = new Set<string>();
  /** What must never happen; thrown inside a function it would only be an operation's failure. */
  readonly violations: string[] = [];
  /** Steps whose result was given back, by id and name, with the result. */
  readonly steps = new Map<string, number>();
  /** Outcomes that were told, by id and attempt. */
  readonly told = new Map<string, string>();
}

/** One world in which everything that can happen happens, in an order that its seed decides. */
class Chaos {
  readonly world = new World();
  readonly ledger = new Ledger();
  readonly #random;
  readonly #hedges: boolean;
  #recovery!: DurableRecovery;
  #work!: OperationDefinition<string, number>;
  /** Grows with each process: what an older one does is not seen any more. */
  #life = 0;
  #stepRuns = 0;
  #calm = false;

  constructor(seed: number) {
    this.#random = seededRandom(seed);
    this.#hedges = seed % 2 === 0;
  }

  async boot(): Promise<void> {
    const life = ++this.#life;
    this.#recovery = await this.world.boot({ drainTimeout: 700 });
    this.#work = this.#recovery.operation(
      'work',
      (input: string, op) => this.#run(input, op, life),
      {
        maxRetries: 3,
        maxInterruptions: 2,
        timeout: 900,
        totalTimeout: 60_000,
        whenOpen: 'wait',
        ...(this.#hedges ? { hedgeAfter: 200 } : {}),
        breakerOptions: { threshold: 3, openTimeout: 1_500, probeTimeout: 1_200 },
      },
    );
    if (this.#calm || this.#random() < 0.8) this.#quietly(this.#recovery.resume());
  }

  async #run(_: string, op: OperationContext, life: number): Promise<number> {
    const { calls, hedged, steps, violations } = this.ledger;
    const attempts = calls.get(op.id) ?? new Set<number>();
    const second = `${op.id} ${op.attempt}`;
    if (op.hedge === 0 ? attempts.has(op.attempt) : hedged.has(second)) {
      violations.push(`${second}.${op.hedge} was called twice`);
    }
    if (op.hedge === 1) hedged.add(second);
    calls.set(op.id, attempts.add(op.attempt));
    let sum = 0;
    for (const name of ['a', 'b']) {
      const key = `${op.id} ${name}`;
      const result = await op.step(name, async () => {
        if (life === this.#life && steps.has(key)) violations.push(`${key} ran again`);
        await this.#sometime(op);
        return ++this.#stepRuns;
      });
      if (life === this.#life) {
        if ((steps.get(key) ?? result) !== result) violations.push(`${key} has two results`);
        steps.set(key, result);
      }
      sum += result;
    }
    await this.#sometime(op);
    return sum;
  }

  /** Some time, some trouble. */
  async #sometime(op: OperationContext): Promise<void> {
    const { promise, resolve, reject } = deferred();
    const chance = this.#calm ? 1 : this.#random();
    if (chance < 0.1) return promise;
    if (chance < 0.2) op.signal.addEventListener('abort', () => reject(op.signal.reason));
    else this.world.clock.setTimeout(resolve, Math.floor(this.#random() * 400));
    await promise;
    if (chance < 0.45) throw transient();
    if (chance < 0.5) throw permanent();
  }

  /** Calls may be refused, but only with the library's own errors. */
  #quietly<T>(call: Promise<T>, then?: (value: T) => void): void {
    call.then(then ?? (() => {}), (error: unknown) => {
      if (!(error instanceof RecoveryError)) queueMicrotask(() => Promise.reject(error));
    });
  }

  #start(id: string): void {
    this.#quietly(this.#work.start(id, { id }), handle => {
      this.ledger.acknowledged.add(id);
      this.#quietly(handle.result());
    });
  }

  async act(): Promise<void> {
    const { clock, disk } = this.world;
    const id = `o${Math.floor(this.#random() * IDS)}`;
    const recovery = this.#recovery;
    const choice = Math.floor(this.#random() * 100);
    if (choice < 25) this.#start(id);
    else if (choice < 29) this.#quietly(recovery.cancel(id));
    else if (choice < 35) this.#quietly(recovery.pause(id));
    else if (choice < 42) this.#quietly(recovery.continue(id));
    else if (choice < 47) this.#quietly(recovery.retry(id));
    else if (choice < 49) this.#quietly(recovery.resume());
    else if (choice < 53) disk.failure = new PersistenceError('no space left');
    else if (choice < 60) disk.failure = undefined;
    else if (choice < 63) disk.hold();
    else if (choice < 70) disk.release();
    else if (choice < 74) {
      this.world.crash();
      disk.release();
      await clock.advance(Math.floor(this.#random() * 500));
      await this.boot();
    } else if (choice < 76) {
      disk.release();
      await this.world.close(recovery);
      await this.boot();
    } else await clock.advance(Math.floor(this.#random() * 800));
    if (this.#random() < 0.5) await this.world.settle();
  }

  /** Nothing goes wrong any more: everything comes to its end. */
  async calmDown(): Promise<void> {
    const { clock, disk } = this.world;
    this.#calm = true;
    disk.failure = undefined;
    disk.release();
    await clock.advance(20_000);
    await this.#recovery.resume();
    for (let n = 0; n < IDS; n++) this.#quietly(this.#recovery.continue(`o${n}`));
    await clock.advance(200_000);
  }

  async check(): Promise<void> {
    const { disk } = this.world;
    assert.equal(this.ledger.violations, []);
    const health = this.#recovery.health();
    assert.equal(health.quarantined, []);
    assert.equal([health.active, health.healthy], [0, true]);
    for (const id of this.ledger.acknowledged) await disk.row(id);
    for (let n = 0; n < IDS; n++) {
      const id = `o${n}`;
      if ((await this.#recovery.view(id)) === undefined) continue;
      const row = await disk.row(id);
      const history = (await disk.history(id)) as OperationTransition[];
      assert.match(row.state, FINAL, id);
      assert.equal(
        history.map(({ seq }) => seq),
        history.map((_, index) => index + 1),
        id,
      );
      assert.equal(
        history.map(({ from }) => from),
        [null, ...history.slice(0, -1).map(({ to }) => to)],
        id,
      );
      const last = history.at(-1);
      assert.equal([last?.to, last?.seq, last?.attempt], [row.state, row.seq, row.attempt], id);
      for (const attempt of this.ledger.calls.get(id) ?? []) assert.ok(attempt <= row.attempt);
      const steps = new Map((await disk.steps(id)).map(step => [step.name, step.result]));
      for (const name of ['a', 'b']) {
        const known = this.ledger.steps.get(`${id} ${name}`);
        if (known !== undefined) assert.is(steps.get(name), String(known), `${id} ${name}`);
      }
      if (row.state === 'success') {
        const sum = Number(steps.get('a')) + Number(steps.get('b'));
        assert.is(row.result, String(sum), id);
      }
    }
    for (const commit of disk.commits) {
      const ids = commit.operations.map(({ id }) => id);
      assert.is(new Set(ids).size, ids.length, 'two writes of one operation in a commit');
    }
    assert.ok(disk.mostUnderWay <= 2);
  }
}

for (let first = 1; first <= RUNS; first += 20) {
  test(`${20} worlds from seed ${first}: calls, crashes and a failing disk in any order`, async () => {
    for (let seed = first; seed < first + 20; seed++) {
      const chaos = new Chaos(seed);
      try {
        await chaos.boot();
        for (let action = 0; action < ACTIONS; action++) await chaos.act();
        await chaos.calmDown();
        await chaos.check();
      } catch (error) {
        console.error(`\nseed ${seed}`);
        throw error;
      } finally {
        chaos.world.crash();
      }
    }
  });
}

test.run();
