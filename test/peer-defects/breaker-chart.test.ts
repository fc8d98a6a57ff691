/** Defects of other libraries' circuit breakers that show in the chart alone, windows and open times above all. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ExponentialBackoffStrategy } from '../../services/strategies/index.ts';
import { ratios } from '../machines/support/breaker-settings.ts';
import { BreakerStage } from '../machines/support/breaker-stage.ts';
import { inputOf, roundTripped } from '../machines/support/controlled.ts';
import { BreakerScript } from '../vectors/support/breaker-script.ts';

const test = suite('peer defects: the breaker chart');
const HOUR = 3_600_000;

// connor4312/cockatiel issue 64, src/breaker/SamplingBreaker.ts: one part of the window is forgotten at each call, however long nobody called.
test('cockatiel: a burst of an hour ago counts no more when somebody calls again', () => {
  const window = { kind: 'time', duration: 5_000, buckets: 5, ...ratios, minimumCalls: 6 } as const;
  const stage = new BreakerStage({ settings: { window } }).fail(5);
  assert.is(stage.rates(1_000 + HOUR).calls, 0, 'also before the next call');
  stage.back('failure', { at: 1_000 + HOUR });
  assert.is(stage.value, 'closed');
  assert.is(stage.rates(1_000 + HOUR).failures, 1);
});

// cockatiel 3.2.1 src/CircuitBreakerPolicy.ts: the state that is handed in gets a new random open time, in place.
test('cockatiel: restoring draws no open time anew, and leaves the snapshot as it was', () => {
  const stage = new BreakerStage({ openTime: { delay: 777, draw: 0.25, opening: 1 } }).fail(3);
  const snapshot = roundTripped(stage.actor.getPersistedSnapshot());
  const before = JSON.stringify(snapshot);
  for (const restored of [new BreakerStage({ snapshot }), new BreakerStage({ snapshot })]) {
    assert.is(restored.context.openUntil, 1_777);
    assert.equal(inputOf(restored.actor, 'timer'), { dueAt: 1_777 });
  }
  assert.is(JSON.stringify(snapshot), before);

  // A host that could draw 0.9 as well has no reason to.
  const openTimeout = new ExponentialBackoffStrategy({ initialDelay: 1_000, jitter: 'full' });
  const script = new BreakerScript({ breakerOptions: { threshold: 1, openTimeout } }, [0.5, 0.9]);
  script.play({ at: 0, call: 'failure' });
  for (let life = 0; life < 3; life++) script.restart();
  assert.is(script.play({ at: 499 }).state, 'open');
  assert.is(script.play({ at: 500 }).state, 'half_open');
});

// nodeshift/opossum issue 719 and pull request 720: a restored circuit waited all over again, or was half open at once.
test('opossum: a restored open breaker waits for what is left', () => {
  const script = new BreakerScript({ breakerOptions: { threshold: 1, openTimeout: 1_000 } });
  script.play({ at: 0, call: 'failure' });
  for (const at of [1, 400, 999]) {
    assert.is(script.play({ at }).openUntil, 1_000);
    script.restart();
    assert.is(script.play({ at }).state, 'open');
  }
  script.restart();
  assert.is(script.play({ at: 1_000 }).state, 'half_open');
});

const breakerOptions = {
  threshold: 1,
  openTimeout: 100,
  probeTimeout: 50,
  permits: 2,
  successes: 2,
} as const;

/** Half open at 100; a call of the closed era is still under way. */
function halfOpen(): BreakerScript {
  const script = new BreakerScript({ breakerOptions });
  script.play({ at: 0, ask: 'late' });
  script.play({ at: 0, call: 'failure' });
  assert.is(script.play({ at: 100 }).state, 'half_open');
  return script;
}

// nodeshift/opossum lib/circuit.js: a probe that never ends blocks for ever.
test('opossum: probes that hang lose their permits, all of them', () => {
  const script = halfOpen();
  for (const id of ['a', 'b']) assert.is(script.play({ at: 101, ask: id }).answer, 'granted');
  assert.is(script.play({ at: 102, ask: 'c' }).answer, 'denied: half_open');
  assert.is(script.play({ at: 151 }).probes, 0);
  script.play({ at: 152, call: 'success' });
  assert.is(script.play({ at: 153, call: 'success' }).state, 'closed');
});

// nodeshift/opossum lib/circuit.js: a late success closes it. cockatiel 3.2.1: a late failure opens it again.
for (const outcome of ['success', 'failure'] as const) {
  test(`opossum, cockatiel: a late ${outcome} of the closed era decides nothing among the probes`, () => {
    const script = halfOpen();
    script.play({ at: 101, call: 'success' });
    const seen = script.play({ at: 102, back: 'late', outcome });
    assert.is(seen.state, 'half_open');
    assert.is(script.play({ at: 103, call: 'success' }).state, 'closed');
  });
}

// cockatiel src/CircuitBreakerPolicy.ts halfOpen, App-vNext/Polly issue 311, nodeshift/opossum issue 388.
test('cockatiel, Polly, opossum: probes that are ignored prove nothing, however many', () => {
  const script = halfOpen();
  for (let at = 101; at < 120; at++) {
    const seen = script.play({ at, call: 'ignored' });
    assert.equal([seen.state, seen.probes, seen.answer], ['half_open', 0, 'granted']);
  }
  script.play({ at: 120, call: 'success' });
  script.play({ at: 121, call: 'ignored' });
  assert.is(script.play({ at: 122, call: 'success' }).state, 'closed');
});

test.run();
