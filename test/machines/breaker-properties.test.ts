import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { counted, emptyWindow, rates, resized } from '../../machines/breaker/window.ts';
import type { Call, CountSettings, TimeSettings } from '../../machines/breaker/window-types.ts';
import type { BudgetOptions } from '../../services/ports.ts';
import { BreakerScript, type ScriptEvent } from '../vectors/support/breaker-script.ts';
import { ratios } from './support/breaker-settings.ts';

/** Thousands of generated lives. */
export const suiteTimeout = 60_000;

const test = suite('breaker chart: properties');
const runs = (numRuns: number) => ({ numRuns, seed: 20_240 });

/** What happens next: an operation asks, ends somehow, hangs, or the process dies. */
type Move =
  | { readonly kind: 'ask'; readonly cost: number }
  | { readonly kind: 'back'; readonly which: number; readonly event: Partial<ScriptEvent> }
  | { readonly kind: 'order'; readonly event: Partial<ScriptEvent> }
  | { readonly kind: 'restart' };

const outcome = fc.constantFrom('success', 'failure', 'ignored');
const amount = fc.integer({ min: 0, max: 12 });
const move: fc.Arbitrary<{ readonly wait: number; readonly move: Move }> = fc.record({
  wait: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 150 })),
  move: fc.oneof(
    { weight: 6, arbitrary: fc.record({ kind: fc.constant('ask' as const), cost: amount }) },
    {
      weight: 6,
      arbitrary: fc.record({
        kind: fc.constant('back' as const),
        which: fc.nat(20),
        event: fc.record(
          { outcome, charge: amount, refund: amount },
          { requiredKeys: ['outcome'] },
        ),
      }) as fc.Arbitrary<Move>,
    },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('order' as const),
        event: fc.constantFrom(
          { force: 'isolated', ttl: 40 } as const,
          { force: 'forced_closed', ttl: 40 } as const,
          { force: 'metrics_only' } as const,
          { reset: true } as const,
        ),
      }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('restart' as const) }) },
  ),
});

/** Permits that the breaker has handed out and that have not come back, as whoever hands them out would count them. */
class Life {
  readonly script: BreakerScript;
  now = 0;
  #count = 0;
  /** Operation to the instant of its grant, while half open. */
  readonly #held: { readonly id: string; readonly at: number; readonly era: number }[] = [];

  readonly #permits: number;
  readonly #budget: BudgetOptions | false;

  constructor(permits: number, successes: number, budget: BudgetOptions | false) {
    this.#permits = permits;
    this.#budget = budget;
    this.script = new BreakerScript({
      breakerOptions: { threshold: 2, openTimeout: 50, probeTimeout: LEASE, permits, successes },
      budget,
    });
  }

  play(wait: number, next: Move): void {
    this.now += wait;
    const { script, now: at } = this;
    if (next.kind === 'restart') {
      script.restart();
    } else if (next.kind === 'order') script.play({ at, ...next.event });
    else if (next.kind === 'ask') {
      const id = `o-${++this.#count}`;
      const seen = script.play({ at, ask: id, cost: next.cost });
      if (seen.answer === 'granted') this.#held.push({ id, at, era: seen.generation });
    } else {
      const [held] = this.#held.splice(next.which % Math.max(1, this.#held.length), 1);
      if (held !== undefined) script.play({ at, back: held.id, ...next.event });
    }
    const seen = script.play({ at });
    const out = this.#held.filter(
      held => held.era === seen.generation && held.at + LEASE > at && seen.state === 'half_open',
    );
    assert.ok(out.length <= this.#permits, `${out.length} probes out, ${this.#permits} permits`);
    assert.is(seen.probes, out.length, 'it knows its probes');
    if (this.#budget !== false) {
      const { tokens } = seen;
      assert.ok(tokens !== null && tokens >= 0 && tokens <= 20, `${tokens} tokens of 20`);
    }
    if (seen.state === 'open') assert.ok((seen.openUntil ?? 0) > at, 'open beyond its time');
  }
}
const LEASE = 100;

test('never more probes are out than permits, and tokens stay between nothing and a full bucket, whatever happens', () => {
  const life = fc.record({
    permits: fc.integer({ min: 1, max: 4 }),
    needed: fc.nat(3),
    budget: fc.constantFrom(
      false as const,
      { capacity: 20, cost: 5 },
      { capacity: 20, cost: 5, refillPerSecond: 30 },
    ),
    moves: fc.array(move, { maxLength: 60 }),
  });
  fc.assert(
    fc.property(life, ({ permits, needed, budget, moves }) => {
      const being = new Life(permits, 1 + (needed % permits), budget);
      for (const next of moves) being.play(next.wait, next.move);
    }),
    runs(400),
  );
});

test('an open breaker is half open as soon as its time is over, restarts or not', () => {
  const life = fc.record({
    openTimeout: fc.integer({ min: 1, max: 10_000 }),
    retryAfter: fc.integer({ min: 0, max: 10_000 }),
    /** Where in its open time the process dies. */
    deaths: fc.array(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), {
      maxLength: 4,
    }),
  });
  fc.assert(
    fc.property(life, ({ openTimeout, retryAfter, deaths }) => {
      const script = new BreakerScript({ breakerOptions: { threshold: 1, openTimeout } });
      script.play({ at: 5, call: 'failure', retryAfter });
      const open = Math.max(openTimeout, retryAfter);
      for (const share of [...deaths].sort()) {
        script.play({ at: 5 + Math.floor(share * open) });
        script.restart();
      }
      assert.is(script.play({ at: 5 + open - 1 }).state, open === 0 ? 'half_open' : 'open');
      assert.is(script.play({ at: 5 + open }).state, 'half_open');
    }),
    runs(300),
  );
});

const call: fc.Arbitrary<Call> = fc.record({
  failed: fc.boolean(),
  slow: fc.boolean(),
  at: fc.nat(5_000),
});
const inOrder = fc
  .array(call, { maxLength: 120 })
  .map(calls => [...calls].sort((a, b) => a.at - b.at));

/** The same, counted from the calls themselves. */
function recounted(calls: readonly Call[]) {
  const failures = calls.filter(({ failed }) => failed).length;
  const slow = calls.filter(one => one.slow).length;
  const share = (part: number) => (calls.length === 0 ? 0 : part / calls.length);
  return {
    calls: calls.length,
    failures,
    slow,
    failureRatio: share(failures),
    slowRatio: share(slow),
  };
}

test('the window of the last calls knows what a recount of them says, also in another size', () => {
  const sizes = fc.integer({ min: 1, max: 40 });
  fc.assert(
    fc.property(inOrder, sizes, sizes, (calls, size, other) => {
      const settings = (size: number): CountSettings => ({ kind: 'count', size, ...ratios });
      let window = emptyWindow(settings(size));
      for (const [index, one] of calls.entries()) {
        window = counted(JSON.parse(JSON.stringify(window)), one);
        const last = calls.slice(0, index + 1).slice(-size);
        assert.equal(rates(window, one.at), recounted(last));
      }
      const after = resized(window, settings(other));
      assert.equal(rates(after, 0), recounted(calls.slice(-size).slice(-other)));
      // It goes on as one that has always been of that size, as far as the old one could know.
      const next = { failed: true, slow: false, at: 0 };
      const known = [...calls.slice(-size).slice(-other), next].slice(-other);
      assert.equal(rates(counted(after, next), 0), recounted(known));
    }),
    runs(300),
  );
});

test('the window of the last while knows what a recount of its parts says, at whatever instant it is asked', () => {
  fc.assert(
    fc.property(
      inOrder,
      fc.integer({ min: 1, max: 12 }),
      fc.integer({ min: 1, max: 100 }),
      fc.nat(2_000),
      (calls, buckets, width, later) => {
        const settings: TimeSettings = {
          kind: 'time',
          duration: buckets * width,
          buckets,
          ...ratios,
        };
        const part = (at: number) => Math.floor(at / width);
        let window = emptyWindow(settings);
        const known: Call[] = [];
        const check = (at: number) => {
          const within = known.filter(one => part(at) - part(one.at) < buckets);
          assert.equal(rates(window, at), recounted(within), `at ${at}`);
        };
        for (const one of calls) {
          check(one.at);
          window = counted(JSON.parse(JSON.stringify(window)), one);
          known.push(one);
          check(one.at);
        }
        check((calls.at(-1)?.at ?? 0) + later);
      },
    ),
    runs(300),
  );
});

test.run();
