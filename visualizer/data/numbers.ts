/** `12,345`: the same in every locale, so that screenshots and tests agree. */
export const grouped = (value: number): string => value.toLocaleString('en-US');

/** `12,345`, `123K`, `4.5M`. */
export function compact(value: number): string {
  if (Math.abs(value) < 100_000) return grouped(value);
  return new Intl.NumberFormat('en-US', { notation: 'compact', maximumFractionDigits: 1 }).format(
    value,
  );
}

/** `1 operation`, `3 operations`. */
export const counted = (count: number, noun: string, plural = `${noun}s`): string =>
  `${grouped(count)} ${count === 1 ? noun : plural}`;

const UNITS = ['B', 'KB', 'MB', 'GB', 'TB'];

export function bytes(value: number): string {
  let rest = value;
  let unit = 0;
  while (rest >= 1_000 && unit < UNITS.length - 1) {
    rest /= 1_000;
    unit += 1;
  }
  return `${unit === 0 || rest >= 100 ? Math.round(rest) : rest.toFixed(1)} ${UNITS[unit]}`;
}

export const percent = (ratio: number): string => `${Math.round(ratio * 100)} %`;
