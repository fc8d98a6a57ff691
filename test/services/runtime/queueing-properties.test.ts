import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { OverloadedError } from '../../../services/errors.ts';
import type { OperationDefinition } from '../../../services/ports.ts';
import type { DurableRecovery } from '../../../services/recovery.ts';
import { many } from '../../support/extent.ts';
import { hanging, permanent, transient } from './support/functions.ts';
import { World } from './support/world.ts';

const test = suite('properties of operations that wait');
const RUNS = { seed: 20_260_303, numRuns: many(100, 25) };

const LIMITS = { one: 1, two: 2, free: undefined };
type Name = keyof typeof LIMITS;
const NAMES = Object.keys(LIMITS) as Name[];

const which = fc.nat({ max: 1_000 });
const kind = fc.oneof(
  { weight: 7, arbitrary: fc.constant('start' as const) },
  { weight: 3, arbitrary: fc.constantFrom('succeed' as const, 'failForGood' as const) },
  { weight: 3, arbitrary: fc.constant('fail' as const) },
  { weight: 2, arbitrary: fc.constantFrom('cancel' as const, 'pause', 'continue') },
  { weight: 2, arbitrary: fc.constantFrom('advance' as const, 'limit', 'retry') },
  { weight: 1, arbitrary: fc.constantFrom('crash' as const, 'resume') },
);
const commands = fc.array(fc.record({ kind, which }), {
  minLength: 10,
  maxLength: 60,
  size: 'max',
});

/** A call of a function that has not ended. */
interface Call {
  readonly name: Name;
  readonly end: () => void;
  readonly fail: (error: unknown) => void;
}

/** A recovery on a disk that outlives it, and how many of its functions run at each moment. */
class Machine {
  readonly #world = new World();
  readonly #ids: string[] = [];
  #recovery!: DurableRecovery;
  #definitions = new Map<Name, OperationDefinition<unknown, unknown>>();
  #running = new Set<Call>();
  #limit = 2;
  /** Those that ran when the limit was lowered may go on. */
  #allowed = 2;
  failure: unknown;
  refusals = 0;
  most = 0;

  async boot(): Promise<this> {
    this.#running = new Set();
    this.#allowed = this.#limit;
    this.#recovery = await this.#world.boot({ concurrency: this.#limit });
    for (const name of NAMES) {
      const concurrency = LIMITS[name];
      const limits = { maxPending: 2, maxRetries: 2, maxInterruptions: 1_000 };
      const options = concurrency === undefined ? limits : { ...limits, concurrency };
      this.#definitions.set(name, this.#recovery.operation(name, this.#fn(name), options));
    }
    return this;
  }

  #fn(name: Name) {
    return (input: unknown, op: Parameters<ReturnType<typeof hanging>['fn']>[1]) => {
      const running = this.#running;
      const { fn, calls } = hanging();
      const promise = fn(input, op);
      const call = { name, ...(calls[0] as { end: () => void; fail: (error: unknown) => void }) };
      running.add(call);
      const over = () => void running.delete(call);
      promise.then(over, over);
      this.#check();
      return promise;
    };
  }

  #check(): void {
    const running = [...this.#running];
    this.most = Math.max(this.most, running.length);
    try {
      assert.ok(running.length <= this.#allowed, `${running.length} of ${this.#allowed} run`);
      for (const name of NAMES) {
        const mine = running.filter(call => call.name === name).length;
        assert.ok(mine <= (LIMITS[name] ?? 99), `${mine} of ${name} run`);
      }
    } catch (error) {
      // Whoever calls the function would take it for its failure.
      this.failure ??= error;
    }
  }

  async run(
    kind: (typeof commands extends fc.Arbitrary<(infer One)[]> ? One : never)['kind'],
    which: number,
  ): Promise<void> {
    const calls = [...this.#running];
    const call = calls[which % calls.length];
    const id = this.#ids[which % this.#ids.length];
    const recovery = this.#recovery;
    switch (kind) {
      case 'start':
        await this.#start(NAMES[which % NAMES.length] as Name);
        break;
      case 'succeed':
        call?.end();
        break;
      case 'fail':
        call?.fail(transient());
        break;
      case 'failForGood':
        call?.fail(permanent());
        break;
      case 'cancel':
      case 'pause':
      case 'continue':
        if (id !== undefined) await this.#settled(recovery[kind](id));
        break;
      case 'retry':
        if (id !== undefined) await this.#settled(recovery.retry(id).catch(() => {}));
        break;
      case 'advance':
        await this.#world.clock.advance(which);
        break;
      case 'limit':
        this.#limit = 1 + (which % 4);
        this.#allowed = Math.max(this.#limit, recovery.health().slots.running);
        recovery.updateConfig({ concurrency: this.#limit });
        break;
      case 'crash':
        this.#world.crash();
        await this.boot();
        break;
      case 'resume':
        await this.#settled(recovery.resume());
        break;
    }
    await this.#world.settle();
    this.#allowed = Math.max(this.#limit, Math.min(this.#allowed, this.#running.size));
    if (this.failure !== undefined) throw this.failure;
  }

  async #start(name: Name): Promise<void> {
    const id = `${name}-${this.#ids.length}`;
    try {
      await this.#settled(
        (this.#definitions.get(name) as OperationDefinition<unknown, unknown>).start(1, { id }),
      );
      this.#ids.push(id);
    } catch (error) {
      assert.instance(error, OverloadedError);
      this.refusals++;
      assert.is(await this.#recovery.view(id), undefined, 'a refused start left something behind');
    }
  }

  /** Whatever the promise waits for has its turn. */
  async #settled<T>(promise: Promise<T>): Promise<T> {
    promise.catch(() => {});
    await this.#world.settle();
    return promise;
  }

  /** Everything is let go on and succeeds from now on. */
  async drain(): Promise<void> {
    await this.run('resume', 0);
    for (const [index] of this.#ids.entries()) await this.run('continue', index);
    for (let round = 0; round <= 4 * this.#ids.length + 4; round++) {
      await this.run('advance', 1_000);
      await this.run('succeed', 0);
      await this.run('succeed', 1);
    }
    const { slots, active } = this.#recovery.health();
    assert.equal([active, slots.running, slots.pending, slots.retrying], [0, 0, 0, 0]);
    for (const id of this.#ids) {
      const { state } = await this.#world.disk.row(id);
      assert.ok(['success', 'failed', 'exhausted'].includes(state), `${id} is ${state}`);
    }
    this.#world.crash();
  }
}

test('limits hold and every operation ends: whatever starts, ends, is cancelled, paused, retried, and however often the process dies', async () => {
  let refusals = 0;
  let most = 0;
  await fc.assert(
    fc.asyncProperty(commands, async list => {
      const machine = await new Machine().boot();
      for (const { kind, which } of list) await machine.run(kind, which);
      await machine.drain();
      refusals += machine.refusals;
      most = Math.max(most, machine.most);
    }),
    RUNS,
  );
  // The runs are worth something only if there was something to decide.
  assert.ok(refusals > RUNS.numRuns / 5 && most >= 4, `${refusals} refusals, ${most} at once`);
});

test.run();
