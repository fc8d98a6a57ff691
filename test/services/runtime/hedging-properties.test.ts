import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { AttemptTimeoutError, type RecoveryError } from '../../../services/errors.ts';
import type { OperationContext } from '../../../services/ports.ts';
import { many } from '../../support/extent.ts';
import { permanent, transient } from './support/functions.ts';
import { type CallPlan, type Expected, expected, type Plan } from './support/hedged-model.ts';
import { STARTED_AT, World } from './support/world.ts';

/** Hundreds of operations in simulated time. */
export const suiteTimeout = 60_000;

const test = suite('hedging, whatever ends and when');
const SEED = 20_261_124;

/** No two instants of one attempt fall together: each kind has its own remainder. */
const instants = (remainder: number) => fc.integer({ min: 0, max: 60 }).map(n => n * 8 + remainder);
const call = (remainder: number): fc.Arbitrary<CallPlan> =>
  fc.record({
    kind: fc.constantFrom('value', 'unusable', 'transient', 'transient', 'permanent'),
    after: fc.oneof(
      { weight: 4, arbitrary: instants(remainder) },
      { weight: 1, arbitrary: fc.constant(0) },
    ),
    deaf: fc.boolean(),
  });
const plans: fc.Arbitrary<Plan> = fc.record({
  attempts: fc.array(fc.tuple(call(1), call(2)), { minLength: 1, maxLength: 3 }),
  hedgeAfter: instants(0).map(ms => ms / 2 - ((ms / 2) % 8)),
  timeout: instants(3),
  cancelAt: fc.option(
    fc.integer({ min: 0, max: 3_000 }).map(ms => ms + 0.5),
    { nil: undefined },
  ),
});

interface Began {
  readonly op: OperationContext;
  readonly at: number;
  ended: boolean;
}

/** One operation in a world of its own, whose calls do as planned. */
class Play {
  readonly world = new World();
  readonly calls: Began[] = [];
  readonly outcomes: unknown[] = [];
  readonly errors = new Map<string, unknown>();
  readonly told: unknown[] = [];
  readonly #plan: Plan;

  constructor(plan: Plan) {
    this.#plan = plan;
  }

  readonly #fn = (_: unknown, op: OperationContext): unknown => {
    const { attempt, hedge } = op;
    const plan = this.#plan.attempts[attempt - 1]?.[hedge] as CallPlan;
    const began = { op, at: this.world.clock.now() - STARTED_AT, ended: false };
    this.calls.push(began);
    const end = () => {
      began.ended = true;
      if (plan.kind === 'value') return `${attempt}.${hedge}`;
      if (plan.kind === 'unusable') return new Date();
      const error = plan.kind === 'transient' ? transient() : permanent();
      this.errors.set(`${attempt}.${hedge}`, error);
      throw error;
    };
    if (plan.after === 0) return end();
    return new Promise((resolve, reject) => {
      this.world.clock.setTimeout(() => {
        try {
          resolve(end());
        } catch (error) {
          reject(error);
        }
      }, plan.after);
      if (plan.deaf) return;
      op.signal.addEventListener('abort', () => reject(op.signal.reason));
    });
  };

  async run(): Promise<void> {
    const { clock, boot } = this.world;
    const { attempts, hedgeAfter, timeout, cancelAt } = this.#plan;
    const recovery = await boot();
    recovery.progress$.subscribe(progress => this.told.push(progress));
    const options = { hedgeAfter, timeout, maxRetries: attempts.length - 1 };
    const work = recovery.operation('work', this.#fn, options);
    const handle = await work.start(undefined, { id: 'x' });
    const tell = (outcome: unknown) => void this.outcomes.push(outcome);
    void handle.result().then(tell, tell);
    await clock.advance(0);
    if (cancelAt !== undefined) {
      await clock.advanceTo(STARTED_AT + cancelAt);
      void handle.cancel().catch(() => {});
    }
    await clock.advance(20_000);
  }

  /** Whatever calls that are left do now. */
  async haunt(): Promise<void> {
    for (const { op } of this.calls) {
      op.progress('from the past');
      void op.step('from the past', () => this.told.push('a step')).catch(() => {});
    }
    await this.world.settle();
  }

  async check({ calls, ending, by }: Expected): Promise<void> {
    assert.equal(
      this.calls.map(({ op, at }) => ({
        attempt: op.attempt,
        hedge: op.hedge,
        at,
        aborted: op.signal.aborted,
      })),
      calls,
    );
    assert.is(this.outcomes.length, 1);
    const history = await this.world.disk.history('x');
    const last = history.at(-1);
    const finals = history.filter(({ to }) => /success|failed|exhausted/.test(to));
    assert.is(finals.length, 1);
    assert.is(last?.to, ending === 'cancelled' ? 'failed' : ending);
    assert.is(last?.reason?.kind === 'cancelled', ending === 'cancelled');
    if (by === undefined) return;
    const [attempt, which] = by;
    assert.is((await this.world.disk.row('x')).attempt, attempt);
    if (ending === 'success') {
      assert.is(this.outcomes[0], `${attempt}.${which}`);
      assert.is(last?.reason?.hedged, which === 1 ? true : undefined);
      return;
    }
    const { cause } = this.outcomes[0] as RecoveryError;
    if (which === 'timeout') assert.instance(cause, AttemptTimeoutError);
    else {
      const error = this.errors.get(`${attempt}.0`);
      assert.is(
        (cause as { code?: string }).code,
        (error as { code?: string } | undefined)?.code ?? 'NOT_SERIALIZABLE',
      );
      if (error !== undefined) assert.is(cause, error);
    }
  }
}

test('exactly one outcome, by the rules; no call after it, and every signal aborted or its call ended', () =>
  fc.assert(
    fc.asyncProperty(plans, async plan => {
      const play = new Play(plan);
      try {
        await play.run();
        await play.check(expected(plan));
        for (const { op, ended } of play.calls) assert.ok(ended || op.signal.aborted);
        const { length } = play.world.disk.commits;
        await play.haunt();
        assert.equal(play.told, []);
        assert.is(play.world.disk.commits.length, length);
      } finally {
        play.world.crash();
      }
    }),
    { seed: SEED, numRuns: many(400, 100) },
  ));

test.run();
