const MONTHS = 'jan feb mar apr may jun jul aug sep oct nov dec'.split(' ');
const HALF_A_CENTURY = 50;

const DAY_NAME = '(?:[a-z]{3,9},? +)?';
const TIME = String.raw`(?<hour>\d\d):(?<minute>\d\d):(?<second>\d\d)`;
const ZONE = String.raw`(?:GMT|UTC|(?<offset>[+-]\d{4}))`;
/**
 * The three forms of RFC 9110 section 5.6.7, as they are written by servers that are not strict about the name of the day, the case,
 * a leading zero and the name of the zone.
 */
const FORMS = [
  // Sun, 06 Nov 1994 08:49:37 GMT, and what it replaced: Sunday, 06-Nov-94 08:49:37 GMT
  `^${DAY_NAME}(?<day>\\d{1,2})[ -](?<month>[a-z]{3})[ -](?<year>\\d{4}|\\d\\d) +${TIME} +${ZONE}$`,
  // asctime, which is in UTC and does not say so: Sun Nov  6 08:49:37 1994
  `^[a-z]{3} (?<month>[a-z]{3}) +(?<day>\\d{1,2}) ${TIME} (?<year>\\d{4})$`,
].map(form => new RegExp(form, 'i'));

/** Not of HTTP, but unmistakable: a date of ISO 8601 that names its zone. */
const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/i;

/**
 * The instant that an HTTP date names, in epoch milliseconds; undefined for anything else. `Date.parse` would take asctime for local time, a year of two
 * digits for one of the past, 31 February for one of March, and "retry in 5" for a date.
 * @param now epoch milliseconds, for years of two digits
 */
export function httpDate(text: string, now: number): number | undefined {
  if (ISO.test(text)) {
    const instant = Date.parse(text);
    return Number.isNaN(instant) ? undefined : instant;
  }
  for (const form of FORMS) {
    const parts = form.exec(text)?.groups;
    if (parts) return instantOf(parts, now);
  }
  return undefined;
}

function instantOf(
  parts: Readonly<Record<string, string | undefined>>,
  now: number,
): number | undefined {
  const number = (name: string) => Number(parts[name] ?? 0);
  const month = MONTHS.indexOf(String(parts.month).toLowerCase());
  const day = number('day');
  const offset = number('offset');
  const year = parts.year?.length === 2 ? fullYear(number('year'), now) : number('year');
  const date = new Date(0);
  date.setUTCFullYear(year, month, day);
  const isDay = month >= 0 && date.getUTCMonth() === month && date.getUTCDate() === day;
  // A leap second is the next minute's first.
  if (!isDay || number('hour') > 23 || number('minute') > 59 || number('second') > 60) {
    return undefined;
  }
  const minutes = Math.trunc(offset / 100) * 60 + (offset % 100);
  return date.setUTCHours(number('hour'), number('minute') - minutes, number('second'));
}

/** A year of two digits that would be more than 50 years ahead is the last one that ended so (RFC 9110 section 5.6.7). */
function fullYear(lastDigits: number, now: number): number {
  const thisYear = new Date(now).getUTCFullYear();
  const limit = thisYear + HALF_A_CENTURY;
  return limit - ((((limit - lastDigits) % 100) + 100) % 100);
}
