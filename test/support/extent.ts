/**
 * Whether tests that take many of a kind (kills, seeds, points of a crash) take all of them: `npm run test:thorough`, which runs these tests alone.
 * `npm test` takes a sample, so that it can be run after each change.
 */
export const thorough = process.env.TEST_EXTENT === 'thorough';

/** How many of a kind. */
export const many = (all: number, sample: number): number => (thorough ? all : sample);

/** From 1 to the last, one after so many that are passed over; fewer are passed over, by itself none, where the tests are thorough. */
export function* sampled(last: number, every: number, thoroughly = 1): Generator<number> {
  for (let at = 1; at <= last; at += thorough ? thoroughly : every) yield at;
}
