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

export interface CountdownProps {
  /** Epoch milliseconds. */
  readonly until: number;
  /** Stands before what is left: `in `, which does not go with `now`. */
  readonly lead?: string;
}

/** What is left until an instant, running. Not read out: it changes ten times a second. */
export function Countdown({ until, lead = '' }: CountdownProps) {
  const now = useTenth();
  const left = until - now;
  return (
    <span className="numbers" aria-live="off">
      {left > 0 && lead}
      <span className="countdown">{countdown(left)}</span>
    </span>
  );
}
