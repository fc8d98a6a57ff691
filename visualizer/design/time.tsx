import { useSecond, useTenth } from '../app/use-now.ts';
import { countdown, dateTime, instantOf, relative } from '../data/time.ts';

/** An instant, as the time since or until it; the instant itself on hovering. */
export function Ago({ at }: { readonly at: string | number }) {
  const now = useSecond();
  const instant = instantOf(at);
  if (instant === null) return <span>–</span>;
  return (
    <time dateTime={new Date(instant).toISOString()} title={new Date(instant).toLocaleString()}>
      {relative(instant, now)}
    </time>
  );
}

export function At({ at }: { readonly at: string | number }) {
  const now = useSecond();
  const instant = instantOf(at);
  if (instant === null) return <span>–</span>;
  return (
    <time dateTime={new Date(instant).toISOString()} title={new Date(instant).toLocaleString()}>
      {dateTime(instant, now)}
    </time>
  );
}

/** What is left until an instant, running. Not read out: it changes ten times a second. */
export function Countdown({ until }: { readonly until: number }) {
  const now = useTenth();
  return (
    <span className="numbers countdown" aria-live="off">
      {countdown(until - now)}
    </span>
  );
}
