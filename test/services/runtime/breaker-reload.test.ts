import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { OperationExhaustedError } from '../../../services/errors.ts';
import type { BreakerView } from '../../../services/ports.ts';
import type { DurableRecovery } from '../../../services/recovery.ts';
import { rejects } from '../../support/rejects.ts';
import { failing, hanging, transient } from './support/functions.ts';
import { inWorld } from './support/world.ts';

const test = suite('breakers whose settings change');
const view = (recovery: DurableRecovery) => recovery.breaker('work') as BreakerView;

test(
  'an update takes effect with the next operation, and what has been counted is kept',
  inWorld(async ({ boot, clock }) => {
    const recovery = await boot({ circuitBreakerThreshold: 5, circuitBreakerTimeout: 10_000 });
    const work = recovery.operation('work', failing(99).fn, { maxRetries: 0 });
    for (let time = 0; time < 3; time++) await rejects(work.run(1), OperationExhaustedError);
    recovery.updateConfig({ circuitBreakerThreshold: 4, circuitBreakerTimeout: 20_000 });
    assert.equal([view(recovery).state, view(recovery).failures], ['closed', 3]);
    await rejects(work.run(1), OperationExhaustedError);
    assert.equal([view(recovery).state, view(recovery).openUntil], ['open', clock.now() + 20_000]);
  }),
);

test(
  'operations that began under an older policy do not bring its settings back',
  inWorld(async ({ boot, clock, settle }) => {
    const recovery = await boot({ circuitBreakerThreshold: 5 });
    const { fn, calls } = hanging();
    const work = recovery.operation('work', fn, { maxRetries: 9 });
    const old = await work.start('old');
    await settle();
    recovery.updateConfig({ circuitBreakerThreshold: 2 });
    const young = await work.start('young');
    await settle();
    calls[0]?.fail(transient());
    await settle();
    // Its retry asks the breaker again.
    await clock.advance(1_000);
    assert.is(view(recovery).state, 'closed');
    calls[1]?.fail(transient());
    await settle();
    assert.is(view(recovery).state, 'open');
    await Promise.all([old.cancel(), young.cancel()]);
  }),
);

test(
  'a restart takes the settings that its definitions have now',
  inWorld(async ({ boot, crash }) => {
    const first = await boot();
    const options = (threshold: number) => ({ maxRetries: 0, breakerOptions: { threshold } });
    const before = first.operation('work', failing(99).fn, options(9));
    for (let version = 0; version < 5; version++) first.updateConfig({ maxRetries: version });
    for (let time = 0; time < 2; time++) await rejects(before.run(1), OperationExhaustedError);
    crash();
    const recovery = await boot();
    const work = recovery.operation('work', failing(99).fn, options(3));
    await rejects(work.run(1), OperationExhaustedError);
    assert.is(view(recovery).state, 'open');
  }),
);

test(
  'a window that is smaller after a restart keeps the calls that it has room for',
  inWorld(async ({ boot, crash }) => {
    const call = async (size: number, healthy: boolean) => {
      crash();
      const recovery = await boot();
      const work = recovery.operation('work', failing(healthy ? 0 : 9).fn, {
        maxRetries: 0,
        breakerOptions: { kind: 'count', size, minimumCalls: 3, failureRatio: 1 },
      });
      await work.run(1).catch(() => {});
      return view(recovery);
    };
    for (const healthy of [true, true, false, false]) await call(9, healthy);
    const { state, calls, failures } = await call(3, false);
    assert.equal([state, calls, failures], ['open', 0, 0]);
  }),
);

test(
  'of definitions that share a key the first settles its settings, and the others are told once',
  inWorld(async ({ boot, logged }) => {
    const recovery = await boot();
    const options = (threshold: number) =>
      ({ maxRetries: 0, breaker: 'work', breakerOptions: { threshold } }) as const;
    const first = recovery.operation('first', failing(99).fn, options(2));
    const same = recovery.operation('same', failing(0).fn, options(2));
    const other = recovery.operation('other', failing(0).fn, options(9));
    await rejects(first.run(1), OperationExhaustedError);
    for (let time = 0; time < 3; time++) await same.run(1);
    assert.equal(logged, []);
    for (let time = 0; time < 3; time++) await other.run(1);
    assert.equal(logged, ['definitions share a circuit breaker and differ in its settings']);
    for (let time = 0; time < 2; time++) await rejects(first.run(1), OperationExhaustedError);
    assert.is(view(recovery).state, 'open');
  }),
);

test.run();
