import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { OverloadedError } from '../../../services/errors.ts';
import type { SlotQueue } from '../../../services/runtime/slot-queue.ts';
import { many } from '../../support/extent.ts';
import { SlotStage, type User } from './support/slot-stage.ts';

const test = suite('properties of slots');
const RUNS = { seed: 20_260_202, numRuns: many(1_500, 300) };

const KEYS = ['a', 'b', 'c'];
/** Milliseconds between two of a key. */
const SPACING = { a: 0, b: 7, c: 50 };

const definition = fc.record({
  concurrency: fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined }),
  maxPending: fc.option(fc.integer({ min: 0, max: 4 }), { nil: undefined }),
  keyConcurrency: fc.option(fc.integer({ min: 1, max: 2 }), { nil: undefined }),
  rated: fc.boolean(),
});
const ofAll = fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined });
const which = fc.nat({ max: 1_000 });
const command = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('start' as const), which, key: which }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('again' as const), which, key: which }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('end' as const), which }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('settle' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('enter' as const), which }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('advance' as const), which }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('limit' as const), concurrency: ofAll }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('hold' as const, 'release') }) },
);
type Command = typeof command extends fc.Arbitrary<infer One> ? One : never;

/** The stage with what is true of it at each beginning. */
class Watched {
  readonly stage: SlotStage;
  readonly queues: SlotQueue[];
  readonly users = new Map<string, User>();
  failure: unknown;
  #count = 0;
  /** Slots that each definition got since another one was ready and got none. */
  readonly #passed = new Map<SlotQueue, Map<SlotQueue, number>>();
  readonly #lastOfKey = new Map<string, number>();

  constructor(definitions: readonly object[], concurrency: number | undefined) {
    this.stage = new SlotStage({ concurrency });
    for (const [key, ms] of Object.entries(SPACING)) this.stage.spacing.set(key, ms);
    this.queues = definitions.map((limits, n) => this.stage.queue(`d${n}`, limits));
    this.stage.watch = user => {
      try {
        this.#began(user);
      } catch (error) {
        // It begins in a turn of its own: whoever runs the commands has to be told.
        this.failure ??= error;
      }
    };
  }

  #began({ queue, key, name }: User): void {
    const { slots, clock } = this.stage;
    const { concurrency = Number.POSITIVE_INFINITY } = slots.limits;
    assert.ok(slots.running <= concurrency, `${name}: ${slots.running} of ${concurrency} run`);
    assert.ok(queue.running <= (queue.limits.concurrency ?? Number.POSITIVE_INFINITY), name);
    const ofKey = [...this.users.values()].filter(
      user => user.running && user.queue === queue && user.key === key && user.name !== name,
    );
    const { keyConcurrency = Number.POSITIVE_INFINITY } = queue.limits;
    assert.ok(ofKey.length < keyConcurrency, `${name}: ${ofKey.length} of its key run`);
    if (queue.limits.rated) {
      const last = this.#lastOfKey.get(key) ?? Number.NEGATIVE_INFINITY;
      assert.ok(clock.now() - last >= SPACING[key as keyof typeof SPACING], `${name} is too soon`);
      this.#lastOfKey.set(key, clock.now());
    }
    for (const other of this.users.values()) {
      const ahead = other.claim !== undefined && other.queue === queue && other.key === key;
      if (ahead) assert.ok(numberOf(other) > numberOf({ name }), `${name} overtook ${other.name}`);
    }
    this.#takesTurns(queue);
  }

  /** While a definition could run and does not, no other one gets a second slot. */
  #takesTurns(queue: SlotQueue): void {
    for (const other of this.queues) {
      const passed = this.#passed.get(other) ?? new Map<SlotQueue, number>();
      this.#passed.set(other, passed);
      const { rated, keyConcurrency } = other.limits;
      // Its keys may hold it back, which is found out when it is its turn.
      const mayBeHeld = rated === true || keyConcurrency !== undefined;
      if (other === queue || !other.isReady || mayBeHeld) passed.clear();
      else {
        const times = (passed.get(queue) ?? 0) + 1;
        passed.set(queue, times);
        assert.ok(times <= 1, `${queue.name} got ${times} while ${other.name} waited`);
      }
    }
  }

  async run(command: Command): Promise<void> {
    const { stage } = this;
    switch (command.kind) {
      case 'start':
      case 'again': {
        const queue = this.queues[command.which % this.queues.length] as SlotQueue;
        const name = `${queue.name}-${this.#count++}`;
        const key = KEYS[command.key % KEYS.length] as string;
        const full = queue.waiting.first >= (queue.limits.maxPending ?? Number.POSITIVE_INFINITY);
        try {
          this.users.set(name, stage[command.kind](queue, name, key));
        } catch (error) {
          assert.instance(error, OverloadedError);
          assert.ok(full && !this.#couldBegin(queue, key), `${name} was refused without need`);
        }
        return;
      }
      case 'enter': {
        const queue = this.queues[command.which % this.queues.length] as SlotQueue;
        const name = `${queue.name}-${this.#count++}`;
        this.users.set(name, stage.enter(queue, name));
        return;
      }
      case 'end': {
        const alive = [...this.users.values()].filter(user => user.running || user.claim);
        const user = alive[command.which % alive.length];
        if (user !== undefined) stage.end(user.name);
        return;
      }
      case 'settle':
        return stage.settle();
      case 'advance':
        return stage.clock.advance(command.which);
      case 'limit':
        return stage.slots.limit({ concurrency: command.concurrency, maxPending: undefined });
      case 'hold':
        return stage.lifecycle.hold();
      case 'release':
        return stage.lifecycle.release();
    }
  }

  #couldBegin(queue: SlotQueue, key: string): boolean {
    const { slots } = this.stage;
    const room = slots.running < (slots.limits.concurrency ?? Number.POSITIVE_INFINITY);
    const others = this.queues.some(({ isReady }) => isReady);
    const own = queue.hasRoom && queue.hasRoomFor(key) && queue.limits.rated !== true;
    return room && own && !others;
  }

  /** What is counted is what is there. */
  counted(): void {
    if (this.failure !== undefined) throw this.failure;
    const users = [...this.users.values()];
    const { slots } = this.stage;
    assert.is(slots.running, users.filter(({ running }) => running).length);
    assert.is(slots.waits.first + slots.waits.retry, users.filter(({ claim }) => claim).length);
    for (const queue of this.queues) {
      const mine = users.filter(user => user.queue === queue);
      assert.is(queue.running, mine.filter(({ running }) => running).length);
      assert.is(queue.length, mine.filter(({ claim }) => claim).length);
      if (!queue.isReady) this.#passed.get(queue)?.clear();
      assert.ok(queue.waiting.first <= (queue.limits.maxPending ?? Number.POSITIVE_INFINITY));
    }
  }

  /** No slot is left idle that somebody could use. */
  busy(): void {
    const { slots } = this.stage;
    if (slots.running >= (slots.limits.concurrency ?? Number.POSITIVE_INFINITY)) return;
    for (const queue of this.queues) assert.not.ok(queue.isReady, `${queue.name} could run`);
  }
}

const numberOf = ({ name }: { readonly name: string }): number => Number(name.split('-')[1]);

test('limits hold, nobody is passed over, nothing is lost: whatever begins, ends, leaves and changes', async () => {
  let begun = 0;
  let waited = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(definition, { minLength: 1, maxLength: 4, size: 'max' }),
      ofAll,
      fc.array(command, { minLength: 5, maxLength: 80, size: 'max' }),
      async (definitions, concurrency, commands) => {
        const watched = new Watched(definitions, concurrency);
        const { stage } = watched;
        for (const command of commands) {
          await watched.run(command);
          watched.counted();
          waited += stage.slots.waits.first > 0 ? 1 : 0;
        }
        stage.lifecycle.release();
        // Everything gets its slot in the end.
        for (let round = 0; round <= 3 * commands.length; round++) {
          await stage.clock.advance(50);
          watched.counted();
          watched.busy();
          const running = [...watched.users.values()].find(user => user.running);
          if (running !== undefined) stage.end(running.name);
        }
        assert.equal(
          [stage.slots.running, stage.slots.waits.first, stage.slots.waits.retry],
          [0, 0, 0],
        );
        assert.is(stage.clock.pending, 0);
        begun += stage.begun.length;
      },
    ),
    RUNS,
  );
  // The runs are worth something only if there was something to decide.
  assert.ok(
    begun > 6 * RUNS.numRuns && waited > 6 * RUNS.numRuns,
    `${begun} began, ${waited} times somebody waited`,
  );
});

test.run();
