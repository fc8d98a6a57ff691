import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { seededRandom } from '../../../adapters/testing/index.ts';
import type { OperationOptions, ShadowOptions } from '../../../services/ports.ts';
import { CustomStrategy } from '../../../services/strategies/index.ts';
import { many } from '../../support/extent.ts';
import { fallback, outcomes, policy } from './support/arbitraries.ts';
import { PlayedRun, type Run, type Script } from './support/played-run.ts';

const test = suite('shadow policies beside runs');
export const suiteTimeout = 120_000;

const numRuns = Number(process.env.SHADOW_RUNS ?? many(300, 60));
const RUNS = { seed: 20_261_125, numRuns };
const MOST = 25;

const boom = (): never => {
  throw new TypeError('boom');
};
/** A policy whose every function throws. */
const broken: ShadowOptions = {
  classifier: { classify: boom, shouldRetry: boom, explain: boom },
  strategy: new CustomStrategy({ delayFunc: boom }),
  breakerOptions: {
    recordFailure: boom,
    threshold: 1,
    openTimeout: new CustomStrategy({ delayFunc: boom }),
  },
};
/** One that breaks its shadow, rather than its own judgement. */
const worse: ShadowOptions = {
  strategy: {
    get name(): string {
      return boom();
    },
    calculateDelay: boom,
  },
};
/** What only the definition itself can say. */
const shadowable = fc
  .tuple(policy, fc.boolean())
  .map(([{ rateLimit, maxInterruptions, ...rest }, forgives]): ShadowOptions => {
    if (!forgives) return rest;
    return { ...rest, breakerOptions: { ...rest.breakerOptions, recordFailure: () => false } };
  });
const shadow: fc.Arbitrary<ShadowOptions> = fc.oneof(
  { weight: 9, arbitrary: shadowable },
  { weight: 1, arbitrary: fc.constantFrom(broken, worse) },
);
/** Not over the death of a process, which takes the shadow along. */
const inOneLife = outcomes.map(list =>
  list.map((script): Script => (script === 'interrupted' ? { error: 'network' } : script)),
);

async function ran(options: OperationOptions, ...rest: Rest): Promise<Run> {
  const [script, standIn, random] = rest;
  return new PlayedRun(options, script, seededRandom(random), standIn).run(MOST);
}
type Rest = readonly [
  script: readonly Script[],
  standIn: ConstructorParameters<typeof PlayedRun>[3],
  random: number,
];

test('no operation learns of its shadow: same transitions, draws, calls and breaker, whatever the shadow is', async () => {
  const kinds = new Set<string>();
  await fc.assert(
    fc.asyncProperty(
      policy,
      shadow,
      outcomes,
      fallback,
      fc.integer({ min: 1 }),
      async (options, other, ...rest) => {
        const { shadow: none, ...alone } = await ran(options, ...rest);
        const { shadow: report, ...watched } = await ran({ ...options, shadow: other }, ...rest);
        assert.equal(JSON.stringify(watched, withoutStacks), JSON.stringify(alone, withoutStacks));
        assert.is(none, undefined);
        for (const [kind, times] of Object.entries(report?.kinds ?? {})) {
          if (times > 0) kinds.add(kind);
        }
      },
    ),
    RUNS,
  );
  // Of every kind there was one.
  assert.equal([...kinds].sort(), [
    'breaker',
    'classification',
    'counts',
    'decision',
    'delay',
    'slow',
    'timeout',
  ]);
});

const withoutStacks = (key: string, value: unknown) => (key === 'stack' ? undefined : value);

test('a shadow that says the same never differs', async () => {
  let decisions = 0;
  await fc.assert(
    fc.asyncProperty(
      policy,
      inOneLife,
      fallback,
      fc.integer({ min: 1 }),
      async (options, ...rest) => {
        const { shadow: report } = await ran({ ...options, shadow: {} }, ...rest);
        assert.equal(report?.recent, []);
        assert.is(report?.differences, 0);
        assert.is(report?.problems, 0);
        assert.equal([report?.spared, report?.lost], [0, 0]);
        decisions += report?.decisions ?? 0;
      },
    ),
    RUNS,
  );
  assert.ok(decisions > numRuns);
});

test.run();
