const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** `850 ms`, `4.2 s`, `3 m 05 s`, `2 h 10 m`, `3 d 4 h`: two units at most. */
export function duration(ms: number): string {
  if (!Number.isFinite(ms)) return '–';
  const span = Math.max(0, ms);
  if (span < SECOND) return `${Math.round(span)} ms`;
  if (span < 10 * SECOND) return `${(Math.floor(span / 100) / 10).toFixed(1)} s`;
  if (span < MINUTE) return `${Math.floor(span / SECOND)} s`;
  if (span < HOUR) return `${Math.floor(span / MINUTE)} m ${two((span % MINUTE) / SECOND)} s`;
  if (span < DAY) return `${Math.floor(span / HOUR)} h ${two((span % HOUR) / MINUTE)} m`;
  return `${Math.floor(span / DAY)} d ${Math.floor((span % DAY) / HOUR)} h`;
}

/** What is left until an instant: `now` once it has come. Always whole seconds above one, so that the width stays. */
export function countdown(ms: number): string {
  if (ms <= 0) return 'now';
  if (ms < MINUTE) return `${(Math.ceil(ms / 100) / 10).toFixed(1)} s`;
  return duration(Math.ceil(ms / SECOND) * SECOND);
}

/** `just now`, `12 s ago`, `in 3 m 05 s`. */
export function relative(at: number, now: number): string {
  const ago = now - at;
  if (Math.abs(ago) < 2 * SECOND) return 'just now';
  const span =
    Math.abs(ago) < MINUTE
      ? `${Math.floor(Math.abs(ago) / SECOND)} s`
      : duration(Math.floor(Math.abs(ago) / SECOND) * SECOND);
  return ago > 0 ? `${span} ago` : `in ${span}`;
}

/** `14:03:07.250`, local. */
export function clockTime(at: number, withMilliseconds = true): string {
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) return '–';
  const time = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':');
  return withMilliseconds ? `${time}.${String(date.getMilliseconds()).padStart(3, '0')}` : time;
}

/** `2026-03-01 14:03:07`, local; the date is left out where it is today's. */
export function dateTime(at: number, now: number): string {
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) return '–';
  const day = dayOf(date);
  const time = clockTime(at, false);
  return day === dayOf(new Date(now)) ? time : `${day} ${time}`;
}

const dayOf = (date: Date): string =>
  `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;

const two = (value: number): string => String(Math.floor(value)).padStart(2, '0');

/** Instant of a wire's text or number; `null` for none, and for what is no instant. */
export function instantOf(value: string | number | null | undefined): number | null {
  if (value === null || value === undefined) return null;
  const at = typeof value === 'number' ? value : Date.parse(value);
  return Number.isFinite(at) ? at : null;
}
