import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { CircuitOpenError, OperationExhaustedError } from '../../../services/errors.ts';
import type { BreakerOptions, BreakerView, OperationDefinition } from '../../../services/ports.ts';
import type { DurableRecovery } from '../../../services/recovery.ts';
import { rejects } from '../../support/rejects.ts';
import { transient } from './support/functions.ts';
import { inWorld, type World } from './support/world.ts';

const test = suite('kinds of breakers, end to end');

type Call = 'good' | 'bad' | 'slow';
const SLOW = 2_000;

/** One breaker through operations, with or without a new process before each of them. */
class Stage {
  readonly #world: World;
  readonly #options: BreakerOptions;
  readonly #restarts: boolean;
  #recovery: DurableRecovery | undefined;
  #work: OperationDefinition<Call, string> | undefined;

  constructor(world: World, options: BreakerOptions, restarts: boolean) {
    this.#world = world;
    this.#options = options;
    this.#restarts = restarts;
  }

  async #boot(): Promise<void> {
    if (this.#recovery !== undefined && !this.#restarts) return;
    const { clock } = this.#world;
    this.#world.crash();
    this.#recovery = await this.#world.boot();
    this.#work = this.#recovery.operation(
      'work',
      async (call: Call): Promise<string> => {
        if (call === 'slow') await new Promise<void>(done => clock.setTimeout(done, SLOW));
        if (call === 'bad') throw transient();
        return call;
      },
      { maxRetries: 0, breakerOptions: { openTimeout: 30_000, ...this.#options } },
    );
  }

  /** `open` when the breaker lets nothing through afterwards. */
  async call(...calls: Call[]): Promise<BreakerView> {
    for (const call of calls) {
      await this.#boot();
      const run = this.#work?.run(call) as Promise<string>;
      if (call === 'bad') await rejects(run, OperationExhaustedError);
      else {
        if (call === 'slow') await this.#world.clock.advance(SLOW);
        await run;
      }
    }
    return this.look();
  }

  async look(): Promise<BreakerView> {
    await this.#boot();
    return this.#recovery?.breaker('work') as BreakerView;
  }

  async refuses(): Promise<void> {
    await this.#boot();
    await rejects(this.#work?.run('good') as Promise<string>, CircuitOpenError);
  }
}

/** A test that runs in one process, and again with a restart before each call. */
function inStages(
  title: string,
  options: BreakerOptions,
  body: (stage: Stage, world: World) => Promise<void>,
): void {
  for (const restarts of [false, true]) {
    test(
      restarts ? `${title}, with a restart before each call` : title,
      inWorld(world => body(new Stage(world, options, restarts), world)),
    );
  }
}

inStages('failures in a row', { kind: 'consecutive', threshold: 3 }, async stage => {
  assert.is((await stage.call('bad', 'bad', 'good', 'bad', 'bad')).state, 'closed');
  assert.is((await stage.look()).failures, 2);
  assert.is((await stage.call('bad')).state, 'open');
  await stage.refuses();
});

inStages(
  'the share of failures among the last calls',
  { kind: 'count', size: 4, minimumCalls: 4, failureRatio: 0.5 },
  async stage => {
    const young = await stage.call('bad', 'bad', 'good');
    assert.equal([young.state, young.calls, young.failures], ['closed', 3, 2]);
    const { state } = await stage.call('good');
    assert.is(state, 'open', 'two of four are enough, whoever comes last');
    await stage.refuses();
  },
);

inStages(
  'what the last calls no longer hold does not count',
  { kind: 'count', size: 3, minimumCalls: 3, failureRatio: 0.6 },
  async stage => {
    const view = await stage.call('bad', 'good', 'good', 'bad', 'good', 'good', 'bad');
    assert.equal([view.state, view.calls, view.failures], ['closed', 3, 1]);
    assert.is((await stage.call('bad')).state, 'open');
  },
);

inStages(
  'the share of failures within a time, that passes also when nothing is called',
  { kind: 'time', duration: 10_000, buckets: 10, minimumCalls: 2, failureRatio: 0.5 },
  async (stage, { clock }) => {
    assert.equal((await stage.call('bad')).calls, 1);
    await clock.advance(3_600_000);
    const aged = await stage.look();
    assert.equal([aged.calls, aged.failures, aged.failureRatio], [0, 0, 0]);
    const fresh = await stage.call('bad');
    assert.equal([fresh.state, fresh.calls, fresh.failures], ['closed', 1, 1]);
    await clock.advance(5_000);
    assert.is((await stage.call('bad')).state, 'open');
  },
);

inStages(
  'the share of slow calls, though they succeed',
  {
    kind: 'count',
    size: 4,
    minimumCalls: 4,
    slowCallDuration: SLOW,
    slowCallRatio: 0.75,
  },
  async stage => {
    const view = await stage.call('slow', 'slow', 'good');
    assert.equal([view.state, view.slow, view.failures], ['closed', 2, 0]);
    assert.is((await stage.call('slow')).state, 'open');
    await stage.refuses();
  },
);

test.run();
