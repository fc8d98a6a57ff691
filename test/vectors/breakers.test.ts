import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ExponentialBackoffStrategy } from '../../services/strategies/index.ts';
import { type BreakerVector, played, type Seen } from './support/breaker-script.ts';
import { vectorFile } from './vector-file.ts';

interface Vectors {
  readonly vectors: readonly (BreakerVector & {
    /** First event that a restart may come before: a breaker that nothing has happened to is not stored. */
    readonly restartsFrom?: number;
    /** Options of an exponential strategy, where the open time is not constant. */
    readonly openTimes?: ConstructorParameters<typeof ExponentialBackoffStrategy>[0];
  })[];
}

const test = suite('vectors: breakers');

/** What a vector looks at, of all that can be seen. */
const looked = (seen: Seen, expected: Partial<Seen>): Partial<Seen> =>
  Object.fromEntries(
    Object.keys(expected).map(name => [name, seen[name as keyof Seen]]),
  ) as Partial<Seen>;

for (const file of ['breaker-states', 'breaker-windows', 'breaker-budgets', 'breaker-rates']) {
  for (const { openTimes, restartsFrom = 0, ...vector } of vectorFile<Vectors>(`${file}.json`)
    .vectors) {
    const { name, policy, events, expect } = vector;
    const breakerOptions = {
      ...policy.breakerOptions,
      ...(openTimes === undefined
        ? {}
        : { openTimeout: new ExponentialBackoffStrategy(openTimes) }),
    };
    const whole = { ...vector, policy: { ...policy, breakerOptions } };
    const check = (how: string, restarts: (event: number) => boolean) => {
      const seen = played(whole, restarts);
      expect.forEach((expected, index) => {
        const at = `${how}, event ${index}: ${JSON.stringify(events[index])}`;
        assert.equal(looked(seen[index] as Seen, expected), expected, at);
      });
    };

    test(`${file}: ${name}`, () => {
      assert.is(expect.length, events.length, 'an expectation for each event');
      check('straight on', () => false);
    });

    test(`${file}: ${name}, over restarts`, () => {
      events.forEach((_, dies) => {
        if (dies < restartsFrom) return;
        check(`restarted before event ${dies}`, index => index === dies);
      });
      check('restarted before each', index => index >= restartsFrom);
    });
  }
}

test.run();
