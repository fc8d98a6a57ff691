import { instantOf } from '../../data/time.ts';
import type { TimelineBucket } from '../../data/wire.ts';

/** Seconds of a bucket. */
const WIDTH = 5;

/** What is drawn of the server's buckets: counts in a second, and the time that recoveries took. */
export interface Timeline {
  readonly times: readonly number[];
  readonly succeeded: readonly number[];
  readonly unsuccessful: readonly number[];
  readonly started: readonly number[];
  readonly retries: readonly number[];
  readonly recovery: readonly (number | null)[];
}

export function timelineOf(buckets: readonly TimelineBucket[]): Timeline {
  const perSecond = (count: (bucket: TimelineBucket) => number) =>
    buckets.map(bucket => count(bucket) / WIDTH);
  return {
    times: buckets.map(({ at }) => instantOf(at) ?? 0),
    started: perSecond(({ started }) => started),
    succeeded: perSecond(({ succeeded }) => succeeded),
    unsuccessful: perSecond(({ failed, exhausted }) => failed + exhausted),
    retries: perSecond(({ retries }) => retries),
    recovery: buckets.map(({ recovery_time }) => recovery_time),
  };
}
