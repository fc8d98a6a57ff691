import * as assert from 'uvu/assert';
import type { AnyEventObject } from 'xstate';
import { FixedDelayStrategy, type OperationOptions } from '../../../index.ts';
import type {
  OperationContext,
  OperationRecord,
  OperationTransition,
  Recovery,
  UndoContext,
} from '../../../services/ports.ts';
import { Ledger } from '../../../services/testing/ledger.ts';
import { tellLived } from '../../../services/testing/lived.ts';
import { leafOf } from '../../../services/testing/operation-model.ts';
import {
  type ArrowCoverage,
  type CutPoint,
  createTestRecovery,
  type TestRecovery,
} from '../../../testing.ts';

const ID = 'undone';
const BREAKER = 'host';
/** No story is so long. */
const MOST_ACTS = 40;

/** What is done to an operation where it rests. */
export type Act = (life: UndoLife) => Promise<unknown>;

/** An operation that registers undos, and what becomes of it. */
export interface UndoStory {
  readonly policy?: Omit<OperationOptions<undefined, unknown>, 'undo' | 'fallback'>;
  /** Undos that its function registers, in that order. @default ['a'] */
  readonly undos?: readonly ('a' | 'b')[];
  /** Whether it has a fallback, which registers undo `c`. @default false */
  readonly fallback?: boolean;
  /** In each state, what is done the first, second and further times that it rests there; the last one again and again. */
  readonly acts: Readonly<Record<string, readonly Act[]>>;
  readonly endsIn: 'success' | 'failed' | 'exhausted';
  /** How many undos succeed. */
  readonly done: number;
  /** Those that are given up, in that order. @default none */
  readonly failed?: readonly string[];
  /** Events of its history after `create` and `start`, where no cut comes between. */
  readonly events: string;
}

export interface UndoCut {
  readonly commit: number;
  readonly point: CutPoint;
}

interface HeldEnd {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** One life of a story, on the real runtime. Everything that is called waits until an act ends it. */
export class UndoLife {
  readonly #story: UndoStory;
  readonly #coverage: ArrowCoverage;
  readonly #rests = new Map<string, number>();
  readonly #problems: string[] = [];
  #world!: TestRecovery<ReturnType<UndoLife['define']>>;
  #ledger!: Ledger;
  #held: HeldEnd | undefined;
  /** Commits until everything was registered for the first time: what is before is told by one story for all. */
  begins = 0;
  /** The undo that was called last. */
  undo = '';

  constructor(story: UndoStory, coverage: ArrowCoverage) {
    this.#story = story;
    this.#coverage = coverage;
  }

  get world(): TestRecovery {
    return this.#world;
  }

  private define(recovery: Recovery) {
    const { policy, undos = ['a'], fallback } = this.#story;
    // Takes the only slot, where the recovery has one.
    recovery.operation('other', () => new Promise<never>(() => {}), { breaker: false });
    const work = async (_: undefined, op: OperationContext): Promise<unknown> => {
      for (const name of undos) await op.onUndo(name, name);
      return this.#holds(op.signal);
    };
    const takeBack = (name: string, { signal }: UndoContext) => {
      this.#undoCalled(name);
      return this.#holds(signal);
    };
    return recovery.operation('work', work, {
      maxRetries: 1,
      strategy: new FixedDelayStrategy({ delay: 500 }),
      breaker: BREAKER,
      ...policy,
      undo: { a: takeBack, b: takeBack, c: takeBack },
      ...(fallback
        ? {
            fallback: async (_error: unknown, op: OperationContext) => {
              await op.onUndo('c', 'c');
              return this.#holds(op.signal);
            },
          }
        : {}),
    });
  }

  #holds(signal: AbortSignal): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#held = { resolve, reject };
      signal.addEventListener('abort', () => reject(signal.reason));
    });
  }

  /** A call is durable before it is made, and is that of the undo that was registered last. */
  #undoCalled(name: string): void {
    this.undo = name;
    const snapshot = this.#ledger.written(ID)?.snapshot as
      | { value: unknown; context: { undos: { left: { input: string }[] } } }
      | undefined;
    const leaf = leafOf(snapshot?.value ?? 'nothing');
    const next = snapshot?.context.undos?.left.at(-1)?.input;
    if (leaf !== 'in_progress.undoing' || next !== JSON.stringify(name)) {
      this.#problems.push(`undo ${name} was called while ${leaf}, next ${next}, was durable`);
    }
  }

  /** Lives the story, with its process cut where that is said. */
  async live(store: 'sqljs' | 'memory', cut?: UndoCut): Promise<void> {
    const begun = performance.now();
    this.#world = await createTestRecovery({
      store,
      define: recovery => this.define(recovery),
      drainTimeout: 0,
      concurrency: 1,
    });
    const world = this.#world;
    this.#ledger = new Ledger(world);
    this.#follow();
    if (cut !== undefined) world.disk.cut(cut.commit, cut.point);
    try {
      await this.#play();
      await this.#check(cut === undefined);
      assert.is(world.deaths, cut === undefined ? 0 : 1, 'deaths');
    } finally {
      world.abandon();
    }
    tellLived(cut !== undefined, begun);
  }

  #follow(): void {
    this.#ledger.follow(this.#world.recovery);
    this.#coverage.follow(this.#world.recovery);
  }

  async #play(): Promise<void> {
    const world = this.#world;
    await this.#start();
    for (let acts = 0; acts < MOST_ACTS; acts++) {
      const leaf = world.alive ? await this.#leaf() : 'dead';
      if (/^(success|failed|exhausted)$/.test(leaf)) return;
      if (leaf === 'dead') {
        await this.restart(true);
        continue;
      }
      this.begins ||= world.disk.tries;
      const times = this.#rests.get(leaf) ?? 0;
      const list = this.#story.acts[leaf] ?? [];
      const act = list[times] ?? list.at(-1) ?? DEFAULTS[leaf] ?? passTime;
      const { deaths } = world;
      await act(this);
      if (world.alive) await world.settle();
      // What was lost is done again.
      if (world.deaths === deaths) this.#rests.set(leaf, times + 1);
    }
    assert.unreachable(`it does not end, and is ${await this.#leaf()}`);
  }

  async #start(): Promise<void> {
    this.#world.defined.start(undefined, { id: ID }).then(
      handle => handle.result().catch(() => {}),
      () => {},
    );
    await this.#world.settle();
  }

  async #leaf(): Promise<string> {
    const handle = await this.#world.recovery.get(ID);
    return leafOf(handle?.actor.getSnapshot().value ?? 'nothing');
  }

  /** Another process goes on with what is there. */
  async restart(crash: boolean): Promise<void> {
    const world = this.#world;
    await world.restart({ crash, resume: false });
    this.#follow();
    if ((await world.store.find(ID)) === undefined) await this.#start();
    else {
      world.recovery.resume().catch(() => {});
      await world.settle();
    }
  }

  /** Ends what is at work. */
  end(error?: unknown): void {
    if (error === undefined) this.#held?.resolve('done');
    else this.#held?.reject(error);
  }

  /** Something is asked of the recovery; what becomes of it is seen in the store. */
  ask(order: (recovery: Recovery, id: string) => Promise<unknown>): void {
    order(this.#world.recovery, ID).catch(() => {});
  }

  /** Its actor is sent what an operator cannot send. */
  async send(event: AnyEventObject): Promise<void> {
    const handle = await this.#world.recovery.get(ID);
    handle?.actor.send(event as never);
  }

  isolate(): Promise<unknown> {
    return this.#world.recovery.forceBreaker(BREAKER, 'isolated', { reason: 'a story' });
  }

  async #check(isWhole: boolean): Promise<void> {
    const { store } = this.#world;
    const { endsIn, done, failed = [], events } = this.#story;
    const row = (await store.find(ID)) as OperationRecord;
    assert.is(row.state, endsIn);
    const history = (await store.transitions({ operationId: ID })) as OperationTransition[];
    const told = history.at(-1)?.reason?.undo;
    assert.is(told === undefined ? 0 : told.done, done, 'undos that have succeeded');
    assert.equal(
      (told?.failed ?? []).map(({ name }) => name),
      failed,
      'undos that were given up',
    );
    assert.is(told === undefined, endsIn === 'success');
    assert.is(told?.left ?? 0, 0);
    const { undos } = (row.snapshot as { context: { undos: { left: unknown[] } | null } }).context;
    assert.is(undos?.left.length ?? 0, 0, 'nothing is left to take back');
    assert.equal([...this.#problems, ...(await this.#ledger.check())], []);
    if (isWhole)
      assert.is(
        history
          .map(({ event }) => event)
          .slice(2)
          .join(' '),
        events,
      );
  }
}

/** Time goes on to whatever comes next. */
export const passTime: Act = async ({ world }) => {
  const { nextAt } = world.clock;
  assert.is.not(nextAt, undefined, 'nothing comes any more');
  await world.clock.advanceTo(nextAt as number);
};
const DEFAULTS: Readonly<Record<string, Act>> = {
  'in_progress.undoing': async life => life.end(),
};
