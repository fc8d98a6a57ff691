/** The probes of a half-open breaker: `successes` of `permits` must succeed. Pure. */
import type { BreakerContext, Probe } from './types.ts';

type Era = Pick<BreakerContext, 'settings' | 'probes' | 'halfOpen'>;

/** Permits that nobody has: those lent and those that came back with an outcome are spent in this phase. */
export function freePermits({ settings, probes, halfOpen }: Era): number {
  return Math.max(0, settings.permits - probes.length - halfOpen.successes - halfOpen.failures);
}

/** One more success is enough. */
export const closesWithOne = ({ settings, halfOpen }: Era): boolean =>
  halfOpen.successes + 1 >= settings.successes;

/** After one more failure the successes that are needed cannot come any more. */
export const opensWithOne = ({ settings, halfOpen }: Era): boolean =>
  halfOpen.failures + 1 > settings.permits - settings.successes;

export const holds = ({ probes }: Era, operationId: string): boolean =>
  probes.some(probe => probe.operationId === operationId);

/** Without the permit of an operation. */
export const without = (probes: readonly Probe[], operationId: string): readonly Probe[] =>
  probes.filter(probe => probe.operationId !== operationId);

/** When the next lease ends; `null` when nothing is lent. */
export const nextLeaseEnd = ({ probes }: Era): number | null =>
  probes.length === 0 ? null : Math.min(...probes.map(({ until }) => until));

/** Without those whose lease has ended. The timer's word counts even where the clock was set back. */
export function unexpired(era: Era, at: number): readonly Probe[] {
  const over = Math.max(at, nextLeaseEnd(era) ?? at);
  return era.probes.filter(({ until }) => until > over);
}
