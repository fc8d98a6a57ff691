/** Defects of other libraries' circuit breakers, each reproduced or reported in public; here they are to stay away. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { CircuitOpenError, OperationExhaustedError } from '../../services/errors.ts';
import type { DurableRecovery } from '../../services/recovery.ts';
import { failing, hanging, permanent, transient } from '../services/runtime/support/functions.ts';
import { inWorld, STARTED_AT } from '../services/runtime/support/world.ts';
import { rejects } from '../support/rejects.ts';

const test = suite('peer defects: breakers');
const OPEN = 30_000;
const LEASE = 4_000;
const breakerOptions = { threshold: 2, openTimeout: OPEN, probeTimeout: LEASE };

/** A definition on the key `remote` that a test drives call by call. */
function remote(recovery: DurableRecovery, whenOpen: 'fail' | 'wait' = 'fail') {
  const { fn, calls } = hanging();
  const options = { breaker: 'remote', maxRetries: 0, whenOpen, breakerOptions } as const;
  return { work: recovery.operation('remote', fn, options), calls };
}

/** Opens the breaker `remote` by two failures. */
async function trip(recovery: DurableRecovery): Promise<void> {
  const options = { breaker: 'remote', maxRetries: 0, breakerOptions };
  const bad = recovery.operation('bad', failing(99).fn, options);
  for (const time of [1, 2]) await rejects(bad.run(time), OperationExhaustedError);
  assert.is(recovery.breaker('remote')?.state, 'open');
}

const stateOf = (recovery: DurableRecovery) => recovery.breaker('remote')?.state;

// nodeshift/opossum issue 385: the failure after the one that opened it took its timer away, and it stayed open for ever.
test(
  'opossum: calls that fail together open it once, and it is half open in time',
  inWorld(async ({ boot, clock, settle }) => {
    const recovery = await boot();
    const { work, calls } = remote(recovery);
    const handles = await Promise.all([1, 2, 3, 4, 5, 6].map(input => work.start(input)));
    await settle();
    assert.is(calls.length, 6);
    for (const { fail } of calls) fail(transient());
    await settle();
    for (const handle of handles) assert.is(handle.state, 'exhausted');
    assert.equal(
      [stateOf(recovery), recovery.breaker('remote')?.openUntil],
      ['open', STARTED_AT + OPEN],
    );
    assert.is(recovery.metrics.breakerTrips, 1);
    await clock.advance(OPEN);
    assert.is(stateOf(recovery), 'half_open');
  }),
);

// nodeshift/opossum issues 580 and 658: it went on only when somebody called.
test(
  'opossum, cockatiel: it is half open when its time is over, although nobody calls',
  inWorld(async ({ boot, clock }) => {
    const recovery = await boot();
    await trip(recovery);
    await clock.advance(OPEN - 1);
    assert.is(stateOf(recovery), 'open');
    await clock.advance(1);
    assert.is(stateOf(recovery), 'half_open');
  }),
);

// nodeshift/opossum issue 119, resilience4j/resilience4j issue 1432: a crowd that came as it went half open got through.
test(
  'opossum, resilience4j: of a crowd at a half-open breaker one gets through',
  inWorld(async ({ boot, clock, settle }) => {
    const recovery = await boot();
    await trip(recovery);
    const { work, calls } = remote(recovery, 'wait');
    const waiting = Array.from({ length: 25 }, (_, index) => work.start(index));
    await clock.advance(OPEN);
    const more = Array.from({ length: 25 }, (_, index) => work.start(index));
    await Promise.all([...waiting, ...more]);
    await settle();
    assert.is(calls.length, 1);
    assert.is(stateOf(recovery), 'half_open');
  }),
);

// nodeshift/opossum lib/circuit.js: a probe that never ends blocks for ever. failsafe-lib/failsafe issue 32, resilience4j/resilience4j issue 935: the same.
test(
  'opossum, failsafe, resilience4j: a probe that hangs loses its permit to the next',
  inWorld(async ({ boot, clock, settle }) => {
    const recovery = await boot();
    await trip(recovery);
    const { work, calls } = remote(recovery, 'wait');
    await work.start('hangs');
    const next = await work.start('next');
    await clock.advance(OPEN + LEASE - 1);
    assert.is(calls.length, 1);
    await clock.advance(1);
    assert.is(calls.length, 2);
    calls[1]?.end('next');
    await settle();
    assert.is(await next.result(), 'next');
    assert.is(stateOf(recovery), 'closed');
  }),
);

// monix/monix issue 1080: a probe that was cancelled left it half open, with nobody allowed in.
test(
  'monix: a probe that is cancelled leaves its permit behind, and moves nothing',
  inWorld(async ({ boot, clock, settle }) => {
    const recovery = await boot();
    await trip(recovery);
    await clock.advance(OPEN);
    const { work, calls } = remote(recovery);
    const probe = await work.start('probe');
    await settle();
    await probe.cancel();
    await settle();
    assert.is(stateOf(recovery), 'half_open');
    const next = await work.start('next');
    await settle();
    calls[1]?.end('next');
    await settle();
    assert.is(await next.result(), 'next');
    assert.is(stateOf(recovery), 'closed');
  }),
);

// cockatiel 3.2.1, App-vNext/Polly issue 311, nodeshift/opossum issue 388, resilience4j/resilience4j issue 544: an error that does not count
// closed it, opened it, or left it half open for good.
test(
  'cockatiel, Polly, opossum, resilience4j: an error that does not count gives the probe back and moves nothing',
  inWorld(async ({ boot, clock, settle }) => {
    const recovery = await boot();
    await trip(recovery);
    await clock.advance(OPEN);
    const { work, calls } = remote(recovery);
    for (const turn of [0, 1, 2]) {
      const probe = await work.start(turn);
      await settle();
      assert.is(calls.length, turn + 1, 'the permit was free again');
      calls[turn]?.fail(permanent());
      await settle();
      assert.is(probe.state, 'failed');
      assert.is(stateOf(recovery), 'half_open');
    }
  }),
);

// nodeshift/opossum lib/circuit.js: a call of the closed era that succeeds late closes it. cockatiel 3.2.1: one that fails late opens it again.
for (const [end, outcome] of [
  ['succeeds', 'end'],
  ['fails', 'fail'],
] as const) {
  test(
    `opossum, cockatiel: a call of the closed era that ${end} late does not decide for a half-open one`,
    inWorld(async ({ boot, clock, settle }) => {
      const recovery = await boot();
      const { work, calls } = remote(recovery);
      await work.start('late');
      await settle();
      await trip(recovery);
      await clock.advance(OPEN);
      assert.is(stateOf(recovery), 'half_open');
      calls[0]?.[outcome](outcome === 'end' ? 'late' : transient());
      await settle();
      assert.is(stateOf(recovery), 'half_open');
      await work.start('probe');
      await settle();
      assert.is(calls.length, 2, 'the probe is still to be had');
    }),
  );
}

// failsafe-lib/failsafe issue 32: the result of a call that began before it opened threw IllegalStateException.
test(
  'failsafe: calls that end while it is open neither throw nor prolong it',
  inWorld(async ({ boot, clock, settle }) => {
    const recovery = await boot();
    const { work, calls } = remote(recovery);
    const handles = [await work.start('a'), await work.start('b')];
    await settle();
    await trip(recovery);
    await clock.advance(OPEN / 2);
    calls[0]?.fail(transient());
    calls[1]?.end('b');
    await settle();
    assert.equal(
      handles.map(({ state }) => state),
      ['exhausted', 'success'],
    );
    assert.equal(
      [stateOf(recovery), recovery.breaker('remote')?.openUntil],
      ['open', STARTED_AT + OPEN],
    );
  }),
);

// nodeshift/opossum issue 719 and pull request 720: a restored circuit waited all over again, or was half open at once.
test(
  'opossum: a restored open breaker waits for what is left, and not at all when nothing is left',
  inWorld(async ({ boot, clock, crash }) => {
    await trip(await boot());
    await clock.advance(20_000);
    crash();
    const second = await boot();
    assert.is(stateOf(second), 'open');
    await clock.advance(9_999);
    assert.is(stateOf(second), 'open');
    crash();
    await clock.advance(3_600_000);
    const third = await boot();
    await clock.advance(0);
    assert.is(stateOf(third), 'half_open');
  }),
);

// jaseci-labs/jac issue 7909: one failure was counted for a whole loop of retries.
test(
  'jac: each attempt counts, not each operation',
  inWorld(async ({ boot, clock }) => {
    const recovery = await boot();
    const { fn, calls } = failing(99);
    const options = { breaker: 'remote', maxRetries: 9, breakerOptions };
    const told = rejects(recovery.operation('work', fn, options).run(1), CircuitOpenError);
    await clock.advance(10_000);
    await told;
    assert.is(calls.length, 2);
    assert.is(stateOf(recovery), 'open');
  }),
);

// nodeshift/opossum issue 484: what closed it did not last.
test(
  'opossum: closed by a probe, it lets everything through again and forgets the old failures',
  inWorld(async ({ boot, clock, settle }) => {
    const recovery = await boot();
    await trip(recovery);
    await clock.advance(OPEN);
    const { work, calls } = remote(recovery);
    const probe = await work.start('probe');
    await settle();
    calls[0]?.end('probe');
    await settle();
    assert.equal([probe.state, stateOf(recovery)], ['success', 'closed']);
    await Promise.all([1, 2, 3].map(input => work.start(input)));
    await settle();
    assert.is(calls.length, 4);
    calls[1]?.fail(transient());
    await settle();
    assert.is(stateOf(recovery), 'closed', 'one failure of two');
  }),
);

test.run();
