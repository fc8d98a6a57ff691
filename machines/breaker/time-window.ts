import type { Bucket, Call, TimeWindow } from './window-types.ts';

type Shape = Pick<TimeWindow, 'duration' | 'buckets'>;

export const empty = ({ duration, buckets }: Shape): TimeWindow => ({
  kind: 'time',
  duration,
  buckets,
  parts: [],
});

const widthOf = ({ duration, buckets }: Shape) => duration / buckets;
const indexAt = (window: Shape, at: number) => Math.floor(at / widthOf(window));

export function counted(window: TimeWindow, call: Call): TimeWindow {
  const parts = aged(window, call.at);
  const last = parts.at(-1);
  // A clock that was set back a little does not make an order among the parts: the youngest takes the call.
  const index = Math.max(indexAt(window, call.at), last?.index ?? 0);
  const joined = last?.index === index ? last : undefined;
  const part: Bucket = {
    index,
    calls: (joined?.calls ?? 0) + 1,
    failures: (joined?.failures ?? 0) + Number(call.failed),
    slow: (joined?.slow ?? 0) + Number(call.slow),
  };
  return { ...window, parts: [...(joined === undefined ? parts : parts.slice(0, -1)), part] };
}

/**
 * The parts that an instant still looks back on, whether or not anything was called meanwhile. Parts in its future are of before
 * the clock was set back: by more than the whole window, they are another time's.
 */
export function aged(window: TimeWindow, at: number): readonly Bucket[] {
  const now = indexAt(window, at);
  const { parts, buckets } = window;
  const current = ({ index }: Bucket) => Math.abs(index - now) < buckets;
  return parts.every(current) ? parts : parts.filter(current);
}

/** The same calls in parts of another width; each goes where its part began. */
export function resized(window: TimeWindow, shape: Shape): TimeWindow {
  if (window.duration === shape.duration && window.buckets === shape.buckets) return window;
  const parts: Bucket[] = [];
  for (const part of window.parts) {
    const index = indexAt(shape, part.index * widthOf(window));
    const last = parts.at(-1);
    if (last?.index !== index) parts.push({ ...part, index });
    else parts[parts.length - 1] = sum(last, part);
  }
  return { ...empty(shape), parts };
}

const sum = (a: Bucket, b: Bucket): Bucket => ({
  index: a.index,
  calls: a.calls + b.calls,
  failures: a.failures + b.failures,
  slow: a.slow + b.slow,
});

export const total = (parts: readonly Bucket[]): Bucket =>
  parts.reduce(sum, { index: 0, calls: 0, failures: 0, slow: 0 });
