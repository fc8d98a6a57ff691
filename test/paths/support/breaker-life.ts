import { isDeepStrictEqual } from 'node:util';
import * as assert from 'uvu/assert';
import { type AnyActorRef, type AnyEventObject, createActor, fromTransition } from 'xstate';
import { FixedDelayStrategy, type OperationOptions } from '../../../index.ts';
import type { Recovery } from '../../../services/ports.ts';
import { Ledger } from '../../../services/testing/ledger.ts';
import { tellLived } from '../../../services/testing/lived.ts';
import { createTestRecovery, type TestRecovery } from '../../../testing.ts';
import type { ScriptedEvent } from '../../machines/support/breaker-events.ts';
import {
  type BreakerSnapshot,
  type breakerModel,
  concrete,
  next,
  timerOf,
} from './breaker-model.ts';

const KEY = 'host';

const define = (policy: OperationOptions) => (recovery: Recovery) =>
  recovery.operation('work', async () => 1, {
    breaker: KEY,
    strategy: new FixedDelayStrategy({ delay: 1 }),
    ...policy,
  });
type World = TestRecovery<ReturnType<ReturnType<typeof define>>>;

const listener = createActor(fromTransition(state => state, {})).start();

/** The breaker of a real recovery, with its clock and its store. */
export class BreakerLife {
  readonly world: World;
  readonly #ledger: Ledger;
  readonly #model: ReturnType<typeof breakerModel>;
  #actor!: AnyActorRef;
  #expected!: BreakerSnapshot;
  readonly #begun = performance.now();
  /** For each commit, how many events had been played when all of it was done. */
  readonly commitSteps: number[] = [];

  private constructor(world: World, model: ReturnType<typeof breakerModel>) {
    this.world = world;
    this.#ledger = new Ledger(world);
    this.#model = model;
    this.#follow();
  }

  static async begin(
    store: 'sqljs' | 'memory',
    policy: OperationOptions,
    model: ReturnType<typeof breakerModel>,
  ): Promise<BreakerLife> {
    const world = await createTestRecovery({ store, define: define(policy), now: 1_000 });
    const life = new BreakerLife(world, model);
    await life.#bring();
    // What its first operation has taken of a rate comes back.
    await world.advance(1_000);
    life.#expected = life.snapshot;
    return life;
  }

  get snapshot(): BreakerSnapshot {
    return this.#actor.getSnapshot() as unknown as BreakerSnapshot;
  }

  #follow(): void {
    const { recovery } = this.world;
    this.#ledger.follow(recovery);
    recovery.inspect(({ actorRef }) => {
      if ('_parent' in actorRef && actorRef._parent === undefined) this.#actor = actorRef as never;
    });
  }

  /** A breaker is there once an operation has used it, or the store has it. */
  async #bring(): Promise<void> {
    if (this.world.recovery.breaker(KEY) === undefined) {
      this.world.faults.next('work', 'deaf');
      void this.world.defined.start(undefined).catch(() => {});
    }
    await this.world.settle();
  }

  /** @throws where the breaker is not where its chart is, or its store does not have it */
  async play(script: readonly ScriptedEvent[]): Promise<void> {
    for (let at = 0; at < script.length; at++) {
      const event = script[at] as ScriptedEvent;
      const before = this.#expected;
      const sent = concrete(event, before, this.world.clock.now());
      if (sent === undefined) throw new TypeError(`${event.type} cannot come`);
      const after = next(this.#model, before, sent);
      await this.#do(sent);
      if (this.world.alive) this.#expected = after;
      else if (await this.#restart(before, after)) at -= 1;
      await this.check(event.type);
      while (this.commitSteps.length < this.world.disk.tries) this.commitSteps.push(at + 1);
    }
    tellLived(this.world.deaths > 0, this.#begun);
  }

  async #do(event: AnyEventObject): Promise<void> {
    const { world } = this;
    const timer = timerOf(event.type);
    const quietly = (order: Promise<unknown> | undefined) => void order?.catch(() => {});
    if (timer !== undefined) await world.clock.advanceTo(event.output.at);
    else if (event.type === 'force') {
      const { ttl, by } = event;
      quietly(world.recovery.forceBreaker(KEY, event.to, { ttl, by }));
    } else if (event.type === 'reset') quietly(world.recovery.breaker(KEY)?.reset());
    else if (event.type === 'permit.request') this.#actor.send({ ...event, from: listener });
    else if (event.type === 'operation.stop') {
      const ref = createActor(
        fromTransition(state => state, {}),
        { parent: this.#actor },
      ).start();
      this.#actor.send({ ...event, ref });
    } else this.#actor.send(event);
    await world.settle();
  }

  /** @returns whether what was done is lost */
  async #restart(before: BreakerSnapshot, after: BreakerSnapshot): Promise<boolean> {
    await this.world.restart({ crash: true, resume: false });
    this.#follow();
    await this.#bring();
    const found = comparable(this.snapshot);
    this.#expected = this.snapshot;
    if (isDeepStrictEqual(found, comparable(after))) return false;
    // One that was never written is a new one.
    const isNew = before.context.last.seq === 0 && this.#expected.context.last.seq === 0;
    if (!isNew) assert.equal(found, comparable(before), 'neither before nor after');
    return true;
  }

  async check(where: string): Promise<void> {
    const { value, context } = this.snapshot;
    assert.equal(
      [value, facts(context)],
      [this.#expected.value, facts(this.#expected.context)],
      where,
    );
    assert.equal(await this.#ledger.check(), [], where);
    const row = (await this.world.store.breakers()).find(({ key }) => key === KEY);
    if (row === undefined) {
      assert.is(context.last.seq, 0, `${where}: nothing is stored`);
      return;
    }
    const stored = row.snapshot as BreakerSnapshot;
    assert.equal(comparable(stored), comparable(this.snapshot), where);
    assert.equal([row.state, row.seq], [topOf(value), context.last.seq], where);
  }
}

const topOf = (value: unknown): string =>
  typeof value === 'string' ? value : (Object.keys(value as object)[0] ?? '');

/** The next open time is drawn by its host, when it pleases. */
const facts = ({ nextOpen: _, ...rest }: BreakerSnapshot['context']) => rest;

/** Versions of settings count within a process. */
function comparable({ value, context }: BreakerSnapshot): unknown {
  const { settings, ...rest } = facts(context);
  return JSON.parse(JSON.stringify([value, { ...rest, settings: { ...settings, version: 0 } }]));
}
