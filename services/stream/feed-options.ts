import { z } from 'zod';
import { countUpTo, noteProblems, oneOf, record } from '../option-schemas.ts';
import { BreakerState, type FeedOptions, RecoveryState, type TransitionFilter } from '../ports.ts';
import { Problems } from '../problems.ts';

/** Options of a feed with every gap filled. */
export interface FeedSettings {
  readonly filter: TransitionFilter;
  readonly limit: number;
  readonly slow: 'conflate' | 'reread';
  readonly maxReplay: number;
}

const DEFAULTS = { limit: 1_000, slow: 'conflate', maxReplay: 10_000 } as const;
const STATES = [...Object.values(RecoveryState), ...Object.values(BreakerState)];

const texts = () => {
  const error = 'must be a list of strings';
  return z.array(z.string({ error }), { error });
};
const states = { error: `must be a list of these: ${STATES.join(', ')}` };

const SHAPE = {
  since: countUpTo(0, Number.MAX_SAFE_INTEGER),
  limit: countUpTo(1, 100_000),
  slow: oneOf('conflate', 'reread'),
  maxReplay: countUpTo(0, Number.MAX_SAFE_INTEGER),
  ids: texts(),
  names: texts(),
  states: z.array(z.enum(STATES, states), states),
  keys: texts(),
} satisfies Record<keyof FeedOptions, z.ZodType>;

const schema = record(SHAPE);
const NAMES = Object.keys(SHAPE);

/** @throws ConfigError that lists every problem */
export function checkedFeedOptions(options: FeedOptions): FeedSettings {
  const problems = new Problems();
  noteProblems(problems, schema, options, NAMES);
  problems.throwIfAny('feed');
  const { limit, slow, maxReplay, since: _since, ...filter } = options;
  return {
    filter,
    limit: limit ?? DEFAULTS.limit,
    slow: slow ?? DEFAULTS.slow,
    maxReplay: maxReplay ?? DEFAULTS.maxReplay,
  };
}
