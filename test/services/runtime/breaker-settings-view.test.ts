import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { resolveConfig } from '../../../services/config.ts';
import type {
  BreakerOptions,
  BreakerSettingsView,
  OperationOptions,
} from '../../../services/ports.ts';
import { resolveBreaker } from '../../../services/runtime/breaker-policy.ts';
import { settingsView } from '../../../services/runtime/breaker-settings-view.ts';
import { FixedDelayStrategy } from '../../../services/strategies/index.ts';
import { inWorld, type World } from './support/world.ts';

const test = suite('settings of breakers, as data');

const ALWAYS = {
  mode: 'enforce',
  permits: 1,
  successes: 1,
  probeTimeout: 60_000,
  openTimeout: 300_000,
  budgetCapacity: null,
} as const;

async function settingsOf(
  { boot }: World,
  breakerOptions: BreakerOptions,
  others: Omit<OperationOptions, 'fallback'> = {},
): Promise<BreakerSettingsView | undefined> {
  const recovery = await boot({ probeTimeout: 60_000 });
  const work = recovery.operation('work', async (_: number) => 1, { breakerOptions, ...others });
  await work.run(1);
  return recovery.breaker('work')?.settings;
}

test(
  'are those of its kind, and null is what it does not look at',
  inWorld(async world => {
    const nothing = {
      window: null,
      minimumCalls: null,
      slowCallDuration: null,
      slowThreshold: null,
    };
    assert.equal(await settingsOf(world, { threshold: 7 }), {
      kind: 'consecutive',
      threshold: 7,
      ...nothing,
      ...ALWAYS,
    });
    assert.equal(await settingsOf(world, { kind: 'count', size: 20, failureRatio: 0.25 }), {
      kind: 'count',
      threshold: 0.25,
      window: 20,
      minimumCalls: 10,
      slowCallDuration: null,
      slowThreshold: null,
      ...ALWAYS,
    });
    const time = {
      kind: 'time',
      duration: 30_000,
      minimumCalls: 4,
      slowCallDuration: 500,
      slowCallRatio: 0.75,
      permits: 3,
      successes: 2,
      mode: 'metrics_only',
      openTimeout: new FixedDelayStrategy({ delay: 4_321 }),
      probeTimeout: 9_000,
    } as const;
    assert.equal(await settingsOf(world, time, { budget: { capacity: 50 } }), {
      kind: 'time',
      threshold: 0.5,
      window: 30_000,
      minimumCalls: 4,
      slowCallDuration: 500,
      slowThreshold: 0.75,
      mode: 'metrics_only',
      permits: 3,
      successes: 2,
      probeTimeout: 9_000,
      openTimeout: 4_321,
      budgetCapacity: 50,
    });
  }),
);

test('say where nothing opens it', () => {
  const { settings } = resolveBreaker({ breaker: false }, resolveConfig());
  const { kind, threshold } = settingsView(settings, { delay: 1 });
  assert.equal([kind, threshold], ['consecutive', null]);
});

test(
  'are known after a restart, before anything uses it',
  inWorld(async world => {
    await settingsOf(world, { kind: 'count', size: 33 });
    world.crash();
    const recovery = await world.boot();
    assert.is(recovery.breaker('work')?.settings.window, 33);
  }),
);

test.run();
