import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { DelayContext, RecoveryStrategy } from '../../services/ports.ts';
import {
  checkedDelay,
  ExponentialBackoffStrategy,
  FixedDelayStrategy,
  LinearBackoffStrategy,
} from '../../services/strategies/index.ts';
import { vectorFile } from './vector-file.ts';

interface Delay {
  readonly attempt: number;
  readonly random?: number;
  readonly previousRandom?: number;
  readonly expect: number;
}

interface Vector {
  readonly name: string;
  readonly source: string;
  readonly strategy: 'fixed' | 'linear' | 'exponential';
  readonly options: object;
  readonly run?: boolean;
  readonly delays: readonly Delay[];
}

const test = suite('vectors: delays');
const { vectors } = vectorFile<{ vectors: readonly Vector[] }>('delays.json');
const PRECISION = 1e-6;

function strategyOf({ strategy, options }: Vector): RecoveryStrategy {
  switch (strategy) {
    case 'fixed':
      return new FixedDelayStrategy(options as { delay: number });
    case 'linear':
      return new LinearBackoffStrategy(options);
    case 'exponential':
      return new ExponentialBackoffStrategy(options);
  }
}

/** The draws of a delay; one that is drawn although the vector has none for it is red. */
function contextOf(delay: Delay, before: Delay | undefined): DelayContext {
  const random = () => delay.random ?? Number.NaN;
  const previousDraw = delay.previousRandom ?? before?.random;
  return { random, ...(previousDraw === undefined ? {} : { previousDraw }) };
}

for (const vector of vectors) {
  test(vector.name, () => {
    assert.ok(vector.source.length > 2);
    vector.delays.forEach((delay, index) => {
      // A strategy of its own for each: what a restart would make, and nothing is carried inside.
      const strategy = strategyOf(vector);
      const context = contextOf(delay, vector.run ? vector.delays[index - 1] : undefined);
      const given = strategy.calculateDelay(delay.attempt, context);
      const what = `attempt ${delay.attempt} at ${delay.random}: ${given}, not ${delay.expect}`;
      assert.ok(Math.abs(given - delay.expect) <= PRECISION * Math.max(1, delay.expect), what);
      const { delay: whole, draw } = checkedDelay(strategy, delay.attempt, context);
      assert.is(whole, Math.round(given));
      assert.ok(draw === undefined || draw === delay.random, 'the draw is told');
    });
  });
}

test.run();
