/** Quantities in words. Pure. */
import { columnsOf, cut, pad, printable } from './width.ts';

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];

/** `34.2 MB`; decimal units. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  // 999.95 would be shown as 1000.0.
  while (value >= (unit === 0 ? 1000 : 999.95) && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${UNITS[unit]}`;
}

/** `850 ms`, `4.2 s`, `2 min 5 s`, `1 h 3 min`, `2 d 4 h`. */
export function formatDuration(ms: number): string {
  if (ms < 1000) return `${Math.max(0, Math.round(ms))} ms`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) return pair(seconds, 60, 'min', 1, 's');
  if (seconds < 86_400) return pair(seconds, 3600, 'h', 60, 'min');
  return pair(seconds, 86_400, 'd', 3600, 'h');
}

function pair(seconds: number, big: number, bigUnit: string, small: number, smallUnit: string) {
  const rest = Math.floor((seconds % big) / small);
  const whole = `${Math.floor(seconds / big)} ${bigUnit}`;
  return rest === 0 ? whole : `${whole} ${rest} ${smallUnit}`;
}

/** `2026-11-23 13:05:09`, local time. */
export function formatInstant(at: number): string {
  const local = new Date(at - new Date(at).getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 19).replace('T', ' ');
}

/** `13:05:09`, local time. */
export function formatClock(at: number): string {
  return formatInstant(at).slice(11);
}

/** Columns wide enough for their longest cell, two spaces between; the last one is not padded. Each row is one line, whatever is in it. */
export function formatTable(table: readonly (readonly string[])[]): string {
  const rows = table.map(row => row.map(printable));
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 0, columnsOf(cell));
    });
  }
  return rows
    .map(row =>
      row
        .map((cell, column) => (column === row.length - 1 ? cell : pad(cell, widths[column] ?? 0)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** Text of any kind as one line of at most `width` columns. */
export function shorten(text: string, width: number): string {
  return cut(printable(text.replace(/\s+/g, ' ').trim()), width);
}

/** For a POSIX shell; left alone where that is not needed. */
export function quoteArgument(argument: string): string {
  if (/^[\w@%+=:,./-]+$/.test(argument)) return argument;
  return `'${argument.replaceAll("'", `'\\''`)}'`;
}

/** `1 attempt`, `2 attempts`. */
export function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`;
}
