/** Periods that one can pick: `15m`, `24h`, `7d`. */
const UNITS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/** An instant of a text: a period before now such as `15m`, or a date and time of the address. `null` for none, and for what is neither. */
export function instantIn(text: string, now: number): number | null {
  const period = /^(\d{1,5})([mhd])$/.exec(text);
  if (period !== null) return now - Number(period[1]) * (UNITS[period[2] ?? ''] ?? 0);
  const at = text === '' ? Number.NaN : Date.parse(text);
  return Number.isNaN(at) ? null : at;
}
