import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { seededRandom } from '../../../adapters/testing/index.ts';
import type { OperationOptions, Preview } from '../../../services/ports.ts';
import { many } from '../../support/extent.ts';
import { STARTED_AT, World } from '../runtime/support/world.ts';
import { fallback, outcomes, policy } from './support/arbitraries.ts';
import {
  asOutcome,
  NAME,
  type Played,
  PlayedRun,
  type Run,
  type Script,
} from './support/played-run.ts';

const test = suite('previews beside runs');
export const suiteTimeout = 120_000;

const RUNS = {
  seed: 20_261_124,
  numRuns: Number(process.env.PREVIEW_RUNS ?? many(400, 100)),
};
/** States, reasons and ends that the runs come to. */
const EXPECTED = [
  ...['success', 'failed', 'exhausted', 'open', 'half_open', 'closed', 'metrics_only'],
  ...['retry', 'not_retryable', 'cancelled', 'interrupted', 'fallback', 'succeeded'],
  ...['maxRetries', 'maxInterruptions', 'totalTimeout', 'retryAfter', 'budget', 'budget_empty'],
  ...['threshold', 'would_trip', 'circuit_open', 'probe_failed', 'probe_succeeded'],
  ...['final', 'attempts', 'waiting'],
];

/** Calls after which both are cut off. */
const MOST = 25;

/** A time-out, an order to cancel and a fallback that takes no time, all due at once. */
const AT_ONE_INSTANT: [OperationOptions, Script[], Played, number] = [
  { timeout: 100, policies: { timeout: { maxRetries: 0 } } },
  [{ cancelAfter: 100 }, { error: 'network' }],
  { error: 'unknown', duration: 0 },
  1,
];

/** The preview of a definition that is never run. */
async function previewed(
  options: OperationOptions,
  script: readonly Script[],
  seed: number,
  standIn?: Played,
) {
  const world = new World();
  const recovery = await world.boot();
  const work = recovery.operation(NAME, () => {}, {
    breaker: 'preview',
    ...options,
    ...(standIn === undefined ? {} : { fallback: () => {} }),
  } as object);
  const preview = work.preview({
    outcomes: script.map(asOutcome),
    seed,
    start: STARTED_AT,
    attempts: MOST,
    ...(standIn === undefined ? {} : { fallback: asOutcome(standIn) as object }),
  });
  world.crash();
  return preview;
}

/** Without stacks: an error tells where it was made. */
const plain = (value: unknown) =>
  JSON.stringify(value, (key, part) => (key === 'stack' ? undefined : part));

function assertEqual(mine: unknown, theirs: unknown): void {
  assert.is(plain(mine), plain(theirs), `${plain(mine)} is not ${plain(theirs)}`);
}

function assertSame(preview: Preview, run: Run): void {
  const of = (kind: string, list: readonly { readonly kind: string }[]) =>
    list.filter(transition => transition.kind === kind);
  // A run that is cut off is so a little later.
  const cut = preview.ended === 'attempts';
  for (const kind of ['operation', 'breaker']) {
    const mine = of(kind, preview.transitions);
    const theirs = of(kind, run.transitions);
    const same = cut ? theirs.slice(0, mine.length) : theirs;
    for (const [index, transition] of same.entries()) assertEqual(mine[index], transition);
    assert.is(mine.length, same.length);
  }
  const calls = run.calls.slice(0, preview.attempts.length);
  // Where its time was over before, the function is not called.
  const made = preview.attempts.filter(
    ({ at, endedAt, error }) => !(at === endedAt && error?.includes('ran into its deadline')),
  );
  assertEqual(
    made.map(({ attempt, at }) => ({ attempt, at })),
    calls,
  );
  if (cut) return;
  assert.is(preview.state, run.state);
  // A run that is stuck is watched for longer, and windows age.
  if (preview.ended === 'final') assertEqual(preview.breaker, run.breaker);
}

test('attempts, delays, draws, transitions and ends are those of a run', async () => {
  const seen = new Set<string>();
  await fc.assert(
    fc.asyncProperty(
      policy,
      outcomes,
      fallback,
      fc.integer({ min: 1 }),
      async (options, script, standIn, random) => {
        const run = await new PlayedRun(options, script, seededRandom(random), standIn).run(MOST);
        const preview = await previewed(options, script, run.seed, standIn);
        assertSame(preview, run);
        seen.add(preview.ended);
        for (const { reason, to } of preview.transitions) {
          for (const what of [to, reason?.kind, reason?.limit])
            if (what !== undefined) seen.add(what);
        }
      },
    ),
    { ...RUNS, examples: [AT_ONE_INSTANT] },
  );
  // Everything that can become of an operation without an operator was among it.
  const missing = [...EXPECTED].filter(what => !seen.has(what));
  assert.equal(missing, []);
});

test.run();
