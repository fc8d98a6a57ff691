import fc from 'fast-check';
import { KEYS, NAMES } from './catalogue.ts';
import type { Death, Trouble } from './machine.ts';
import { type Plan, plan } from './plans.ts';

/** One step of a walk: what somebody does, or what happens to the machine. */
export type Step =
  | { readonly do: 'start'; readonly id: number; readonly name: string; readonly plan: Plan }
  /** Several of the same kind at once. */
  | {
      readonly do: 'rush';
      readonly id: number;
      readonly count: number;
      readonly name: string;
      readonly plan: Plan;
    }
  | { readonly do: 'start again'; readonly id: number; readonly run: boolean }
  | { readonly do: 'cancel' | 'pause' | 'continue' | 'retry'; readonly of: string }
  | { readonly do: 'resume' | 'turn' | 'heal' | 'hold' | 'release' }
  | { readonly do: 'advance' | 'sleep' | 'set back'; readonly ms: number }
  | { readonly do: 'die'; readonly death: Death; readonly calls: number; readonly resume: boolean }
  | { readonly do: 'close'; readonly resume: boolean }
  | { readonly do: 'trouble'; readonly trouble: Trouble }
  | { readonly do: 'force'; readonly key: string; readonly to: Forced; readonly ttl: number | null }
  | { readonly do: 'reset'; readonly key: string }
  | { readonly do: 'configure'; readonly values: Configured }
  /** One right after the other, before anything of it has settled. */
  | { readonly do: 'at once'; readonly steps: readonly Step[] };

type Forced = 'isolated' | 'forced_closed' | 'metrics_only';

/** What a reload of the configuration changes. */
export interface Configured {
  readonly concurrency?: number;
  readonly maxRetries?: number;
  readonly maxInterruptions?: number;
  readonly circuitBreakerThreshold?: number;
  readonly maxBreakers?: number;
  readonly maxPending?: number;
}

export const IDS = 16;

const only = <T extends string>(...what: readonly T[]) => fc.constantFrom(...what);
const key = fc.constantFrom(...KEYS);
const owned = fc.nat(IDS - 1).map(id => `o${id}`);
const target = fc.oneof(
  { weight: 5, arbitrary: owned },
  { weight: 1, arbitrary: fc.tuple(owned, only('x', 'y')).map(([id, part]) => `${id}/${part}`) },
);
const deaths = only<Death>('killed', 'lost', 'kept', 'torn');

const span = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(1, 10, 50, 100, 200) },
  { weight: 3, arbitrary: fc.integer({ min: 1, max: 900 }) },
  { weight: 1, arbitrary: fc.integer({ min: 1_000, max: 6_000 }) },
);

const values: fc.Arbitrary<Configured> = fc.record(
  {
    concurrency: fc.integer({ min: 1, max: 9 }),
    maxRetries: fc.integer({ min: 0, max: 4 }),
    maxInterruptions: fc.integer({ min: 0, max: 4 }),
    circuitBreakerThreshold: fc.integer({ min: 1, max: 6 }),
    maxBreakers: fc.integer({ min: 1, max: 9 }),
    maxPending: fc.integer({ min: 0, max: 9 }),
  },
  { requiredKeys: [] },
);

const start = fc.record({
  do: only('start'),
  id: fc.nat(IDS - 1),
  name: fc.constantFrom(...NAMES),
  plan,
});
const rush = fc.record({
  do: only('rush'),
  id: fc.nat(IDS - 1),
  count: fc.integer({ min: 2, max: 6 }),
  name: fc.constantFrom(...NAMES, 'waiting', 'hedged'),
  plan,
});
const order = fc.record({ do: only('cancel', 'pause', 'continue', 'retry'), of: target });

const weighted: readonly (readonly [weight: number, arbitrary: fc.Arbitrary<Step>])[] = [
  [16, start],
  [5, rush],
  [3, fc.record({ do: only('start again'), id: fc.nat(IDS - 1), run: fc.boolean() })],
  [3, fc.record({ do: only('cancel'), of: target })],
  [7, fc.record({ do: only('pause'), of: target })],
  [6, fc.record({ do: only('continue'), of: target })],
  [8, fc.record({ do: only('retry'), of: target })],
  [3, fc.record({ do: only('resume') })],
  [30, fc.record({ do: only('advance'), ms: span })],
  [1, fc.record({ do: only('sleep'), ms: fc.constantFrom(3_600_000, 5_000) })],
  [1, fc.record({ do: only('set back'), ms: fc.constantFrom(10, 2_000, 20_000) })],
  [
    4,
    fc.record({
      do: only('die'),
      death: deaths,
      calls: fc.nat(6),
      resume: fc.constantFrom(true, true, false),
    }),
  ],
  [2, fc.record({ do: only('close'), resume: fc.constantFrom(true, true, false) })],
  [2, fc.record({ do: only('trouble'), trouble: only('ENOSPC', 'EIO', 'EIO on sync') })],
  [4, fc.record({ do: only('heal') })],
  [3, fc.record({ do: only('hold') })],
  [6, fc.record({ do: only('release') })],
  [
    2,
    fc.record({
      do: only('force'),
      key,
      to: only('isolated', 'forced_closed', 'metrics_only'),
      ttl: fc.constantFrom(null, 300, 2_000),
    }),
  ],
  [2, fc.record({ do: only('reset'), key })],
  [3, fc.record({ do: only('configure'), values })],
];

const single: fc.Arbitrary<Step> = fc.oneof(
  ...weighted.map(([weight, arbitrary]) => ({ weight, arbitrary })),
);
const turn = fc.record({ do: only('turn') });
const atOnce = fc.record({
  do: only('at once'),
  steps: fc.array(
    fc.oneof(
      { weight: 2, arbitrary: start },
      { weight: 3, arbitrary: order },
      { weight: 2, arbitrary: turn },
      { weight: 2, arbitrary: single },
    ),
    { minLength: 2, maxLength: 5, size: 'max' },
  ),
});

export const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: single },
  { weight: 1, arbitrary: atOnce },
);

export const stepName = (step: Step): string => JSON.stringify(step);

/** What a walk begins with. */
export interface Setup {
  readonly store: 'memory' | 'sqljs';
  readonly seed: number;
  readonly concurrency: number;
}

export const setup: fc.Arbitrary<Setup> = fc.record({
  store: only('memory', 'sqljs'),
  seed: fc.nat(1_000_000),
  concurrency: fc.integer({ min: 1, max: 9 }),
});
