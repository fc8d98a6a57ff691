import type { SnapshotFrom } from 'xstate';
import { z } from 'zod';
import type { breakerMachine } from '../../machines/breaker/machine.ts';
import { migrateBreakerSnapshot } from './breaker-migrations.ts';
import {
  child,
  count,
  instant,
  type Parsed,
  parse,
  reason,
  type Schemas,
  tokens,
} from './stored-snapshots.ts';

const amount = z.number().finite().positive();
const some = z.number().int().min(1);
const ratio = z.number().positive().max(1);
const sized = <T extends { readonly failures: number; readonly slow: number; calls: number }>({
  calls,
  failures,
  slow,
}: T) => failures <= calls && slow <= calls;

const ratios = {
  failureRatio: ratio,
  minimumCalls: some,
  slowCallDuration: amount.nullable(),
  slowCallRatio: ratio,
};
const windowSettings = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('consecutive'), threshold: some.nullable() }),
  z.object({ kind: z.literal('count'), size: some.max(10_000), ...ratios }),
  z.object({ kind: z.literal('time'), duration: amount, buckets: some.max(100), ...ratios }),
]);

const tally = { calls: count, failures: count, slow: count };
const window = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('consecutive'), failures: count }),
  z
    .object({
      kind: z.literal('count'),
      size: some.max(10_000),
      next: count,
      words: z.array(
        z
          .number()
          .int()
          .min(0)
          .lt(2 ** 30),
      ),
      ...tally,
    })
    .refine(
      ({ size, calls, next, words }) =>
        calls <= size && next < size && words.length === Math.ceil(calls / 15),
      'its parts contradict each other',
    )
    .refine(sized, 'its sums contradict each other'),
  z.object({
    kind: z.literal('time'),
    duration: amount,
    buckets: some.max(100),
    parts: z
      .array(
        z
          .object({ index: z.number().int(), ...tally })
          .refine(sized, 'its sums contradict each other'),
      )
      .max(200),
  }),
]);

const settings = z.looseObject({
  version: count,
  mode: z.enum(['enforce', 'metrics_only']),
  window: windowSettings,
  probeTimeout: z.number().min(0),
  permits: some,
  successes: some,
  budget: z.object({ capacity: amount, refillPerSecond: tokens }).nullable(),
  rate: z.object({ limit: some, interval: amount, burst: some }).nullable(),
});

const context = z
  .looseObject({
    v: z.literal(2),
    key: z.string(),
    settings,
    window,
    generation: count,
    openings: count,
    nextOpen: z.object({
      delay: z.number().finite().min(0),
      draw: z.number().optional(),
      opening: some.optional(),
    }),
    openUntil: instant,
    probes: z.array(z.object({ operationId: z.string(), until: z.number().finite() })),
    halfOpen: z.object({ successes: count, failures: count }),
    budget: z.object({ tokens, at: z.number().finite(), wanted: tokens.nullable() }).nullable(),
    rate: instant,
    override: z
      .object({ until: instant, reason: z.string().nullable(), by: z.string().nullable() })
      .nullable(),
    last: z.object({ seq: count, event: z.string(), at: z.number().finite(), reason }),
  })
  .refine(
    ({ settings, budget }) => (budget === null) === (settings.budget === null),
    'it has a budget without settings of one, or settings without a budget',
  )
  .refine(
    ({ settings, window }) => settings.window.kind === window.kind,
    'its window is not of the kind that its settings say',
  );

const active = { status: z.literal('active'), context };
const timer = child('timer', z.object({ dueAt: instant }));
const forced = z.looseObject({ ...active, children: z.object({ override: timer }) });

/** Each resting state with the actors that it must have, since a state without its timer would never end. */
const states: Schemas = {
  closed: z.looseObject(active),
  open: z.looseObject({ ...active, children: z.object({ timer }) }),
  'half_open.waiting': z.looseObject(active),
  'half_open.probing': z.looseObject({ ...active, children: z.object({ lease: timer }) }),
  isolated: forced,
  forced_closed: forced,
  metrics_only: forced,
};

type BreakerSnapshot = SnapshotFrom<typeof breakerMachine>;

/** A stored breaker in the chart's present version. Versions of the configuration count within a process: any of this one is newer. */
export function parseBreakerSnapshot(stored: unknown): Parsed<BreakerSnapshot> {
  const parsed = parse<BreakerSnapshot>(states, migrateBreakerSnapshot(stored));
  if (!parsed.ok) return parsed;
  const { snapshot } = parsed;
  const { context } = snapshot;
  const settings = { ...context.settings, version: 0 };
  return { ok: true, snapshot: { ...snapshot, context: { ...context, settings } } };
}
