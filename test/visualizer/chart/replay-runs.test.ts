import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { seededRandom } from '../../../adapters/testing/index.ts';
import { RecoveryError } from '../../../services/errors.ts';
import type { OperationContext, OperationOptions } from '../../../services/ports.ts';
import type { DurableRecovery } from '../../../services/recovery.ts';
import { replay } from '../../../visualizer/chart/replay.ts';
import { deferred, permanent, transient } from '../../services/runtime/support/functions.ts';
import { World } from '../../services/runtime/support/world.ts';
import { many } from '../../support/extent.ts';
import { breakerModel, leafOfValue, operationModel, recorded } from './support/charts.ts';

/** Lives in simulated time, each replayed after every action. */
export const suiteTimeout = 120_000;

const test = suite('replay: the runtime');
const IDS = ['o1', 'o2', 'o3', 'o4'];
const WORLDS = many(40, 20);
const ACTIONS = 50;

const KINDS: readonly (readonly [title: string, options: OperationOptions<string, number>])[] = [
  ['that waits for its breaker', { whenOpen: 'wait' }],
  ['that fails when its breaker is open, and has a fallback', { fallback: () => 0 }],
  ['with one slot and a deadline', { concurrency: 1, totalTimeout: 4_000, whenOpen: 'wait' }],
  ['that takes turns with others', { lock: id => (id < 'o3' ? 'one' : 'other') }],
  [
    'that takes back what it did',
    {
      undo: {
        remove: (_, { attempt }) => {
          if (attempt === 1) throw transient();
        },
      },
      undoRetries: 1,
    },
  ],
];

/** A recovery in whose life everything happens that histories tell of. */
class Life {
  readonly world = new World();
  readonly #random;
  readonly #options;
  recovery!: DurableRecovery;
  #start!: (id: string) => Promise<unknown>;

  constructor(seed: number, options: OperationOptions<string, number>) {
    this.#random = seededRandom(seed);
    this.#options = options;
  }

  async boot(): Promise<void> {
    this.recovery = await this.world.boot();
    const work = this.recovery.operation('work', (_: string, op) => this.#run(op), {
      maxRetries: 3,
      maxInterruptions: 2,
      timeout: 900,
      breakerOptions: { threshold: 3, openTimeout: 1_500, probeTimeout: 1_200 },
      ...this.#options,
    });
    this.#start = id => work.start(id, { id });
    this.#quietly(this.recovery.resume());
  }

  async #run(op: OperationContext): Promise<number> {
    if (this.#options.undo !== undefined) await op.onUndo('remove', op.attempt);
    const { promise, resolve } = deferred();
    op.signal.addEventListener('abort', () => resolve());
    this.world.clock.setTimeout(resolve, Math.floor(this.#random() * 600));
    await promise;
    op.signal.throwIfAborted();
    const luck = this.#random();
    if (luck < 0.5) throw transient();
    if (luck < 0.6) throw permanent();
    return 1;
  }

  /** Calls may be refused, but only with the library's own errors. */
  #quietly(call: Promise<unknown>): void {
    call.catch((error: unknown) => {
      if (!(error instanceof RecoveryError)) queueMicrotask(() => Promise.reject(error));
    });
  }

  async act(): Promise<void> {
    const { clock } = this.world;
    const id = IDS[Math.floor(this.#random() * IDS.length)] as string;
    const choice = this.#random();
    if (choice < 0.25) this.#quietly(this.#start(id));
    else if (choice < 0.28) this.#quietly(this.recovery.cancel(id));
    else if (choice < 0.36) this.#quietly(this.recovery.pause(id));
    else if (choice < 0.46) this.#quietly(this.recovery.continue(id));
    else if (choice < 0.5) this.#quietly(this.recovery.retry(id));
    else if (choice < 0.53)
      this.#quietly(this.recovery.breaker('work')?.reset() ?? this.#start(id));
    else if (choice < 0.57) {
      this.world.crash();
      await this.boot();
    } else await clock.advance(Math.floor(this.#random() * 700));
    await this.world.settle();
  }
}

for (const [title, options] of KINDS) {
  test(`an operation ${title} is where its history says, over crashes and orders`, async () => {
    const events = new Set<string>();
    for (let seed = 1; seed <= WORLDS; seed++) {
      const life = new Life(seed, options);
      try {
        await life.boot();
        for (let action = 0; action < ACTIONS; action++) {
          await life.act();
          for (const id of IDS) await check(life, id, events);
          await checkBreaker(life);
        }
      } finally {
        life.world.crash();
      }
    }
    for (const event of ['due', 'pause', 'resume', 'cancel', 'attempt.failed', 'retry']) {
      assert.ok(events.has(event), `no ${event} among ${[...events]}`);
    }
    assert.is(
      events.has('undo.succeeded') && events.has('undo.failed'),
      options.undo !== undefined,
    );
    const waits = options.lock !== undefined;
    assert.is(events.has('lock.wait') && events.has('lock.granted'), waits);
  });
}

async function check(life: Life, id: string, events: Set<string>): Promise<void> {
  const handle = await life.recovery.get(id);
  if (handle === undefined) return;
  const history = await life.world.disk.history(id);
  for (const { event } of history) events.add(event);
  const { active, possible, steps } = replay(operationModel, history.map(recorded));
  const leaf = leafOfValue(handle.actor.getSnapshot().value);
  const words = `${leaf}: ${history.map(({ event }) => event).join(', ')}`;
  // Only a wait for a slot is not told by the history.
  if (leaf === 'recovering.queued') assert.ok(possible.includes(leaf), words);
  else assert.is(active, leaf, words);
  assert.is(steps.length, history.length);
}

async function checkBreaker(life: Life): Promise<void> {
  const view = life.recovery.breaker('work');
  if (view === undefined) return;
  const transitions = await life.world.disk.breakerHistory('work');
  const { active, possible } = replay(breakerModel, transitions.map(recorded));
  const leaf =
    view.state === 'half_open'
      ? `half_open.${view.probes === 0 ? 'waiting' : 'probing'}`
      : view.state;
  assert.ok(possible.includes(leaf), `${leaf} of ${possible}`);
  if (view.state !== 'half_open') assert.is(active, leaf);
}

test.run();
