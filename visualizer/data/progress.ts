/** Progress that can be drawn as a bar. */
export interface Measure {
  readonly done: number;
  readonly total: number | null;
  readonly unit: 'bytes' | 'count';
}

const DONE = ['done', 'completed', 'current', 'loaded', 'received', 'bytes', 'value'];
const TOTAL = ['total', 'of', 'max', 'size', 'length'];

/** What a function tells with `op.progress`, as a measure, where it is one: `0.4`, `{ done: 2, total: 3 }`, `{ bytes: 1024 }`. */
export function measureOf(value: unknown): Measure | null {
  if (typeof value === 'number') {
    return value >= 0 && value <= 1 ? { done: value * 100, total: 100, unit: 'count' } : null;
  }
  if (typeof value !== 'object' || value === null) return null;
  const members = value as Readonly<Record<string, unknown>>;
  const first = (names: readonly string[]) =>
    names.find(name => typeof members[name] === 'number' && Number.isFinite(members[name]));
  const doneName = first(DONE);
  if (doneName === undefined) return null;
  const totalName = first(TOTAL);
  const total = totalName === undefined ? null : (members[totalName] as number);
  return {
    done: members[doneName] as number,
    total: total !== null && total > 0 ? total : null,
    unit:
      doneName === 'bytes' || doneName === 'loaded' || doneName === 'received' ? 'bytes' : 'count',
  };
}
