/**
 * A rate of attempts by the generic cell rate algorithm: one instant holds all that is known.
 * Source: ITU-T I.371, Annex A (virtual scheduling); https://en.wikipedia.org/wiki/Generic_cell_rate_algorithm
 */

export interface RateSettings {
  /** Attempts in `interval` milliseconds. */
  readonly limit: number;
  readonly interval: number;
  /** Attempts that may follow one another at once. */
  readonly burst: number;
}

/** Below what a clock tells apart, and above what sums of epoch milliseconds are off by. */
const ROUNDING_MS = 0.001;

/** No attempt sets the theoretical arrival time further ahead than a burst: what is further is of a clock that was set back since, and says nothing. */
function known(
  arrival: number | null,
  { limit, interval, burst }: RateSettings,
  at: number,
): number | null {
  return arrival !== null && arrival - at > (interval / limit) * burst + 1 ? null : arrival;
}

/**
 * The instant from which on the next attempt conforms.
 * @param stored the theoretical arrival time, `null` before the first
 */
export function conformsAt(stored: number | null, settings: RateSettings, at: number): number {
  const { limit, interval, burst } = settings;
  const arrival = known(stored, settings, at);
  if (arrival === null) return Number.NEGATIVE_INFINITY;
  return Math.ceil(arrival - (interval / limit) * (burst - 1) - ROUNDING_MS);
}

export const conforms = (arrival: number | null, settings: RateSettings, at: number): boolean =>
  at >= conformsAt(arrival, settings, at);

/** The theoretical arrival time after an attempt that conforms. */
export const afterOne = (arrival: number | null, settings: RateSettings, at: number): number =>
  Math.max(known(arrival, settings, at) ?? at, at) + settings.interval / settings.limit;
