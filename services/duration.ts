/** The longest span that the library keeps: 100 years, in milliseconds. Longer ones are mistakes, and an instant plus one of them stays a date. */
export const MAX_DURATION = 3_155_760_000_000;

const UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};
const DURATION = /^(\d+(?:\.\d*)?|\.\d+)\s*(ms|s|m|h|d)?$/i;

/**
 * Milliseconds of a span as people write it: `500ms`, `2s`, `1.5m`, `1h`, `7d`; a bare number is seconds. NaN for any other text.
 */
export function parseDuration(text: string): number {
  const match = DURATION.exec(text.trim());
  if (!match) return Number.NaN;
  const milliseconds = Number(match[1]) * (UNITS[(match[2] ?? 's').toLowerCase()] ?? Number.NaN);
  // Seconds such as 1.001 are not binary fractions; what is below a microsecond is their rounding error.
  return Math.round(milliseconds * 1_000) / 1_000;
}
