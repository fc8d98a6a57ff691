import { percent } from '../../data/numbers.ts';
import { duration } from '../../data/time.ts';
import type { Breaker } from '../../data/wire.ts';

export interface Setting {
  readonly name: string;
  readonly value: string;
}

/** What a breaker goes by, for people. What its kind does not look at is left out. */
export function settingsInWords({ settings }: Breaker): readonly Setting[] {
  const said: Setting[] = [];
  const say = (name: string, value: number | null, words: (value: number) => string) => {
    if (value !== null) said.push({ name, value: words(value) });
  };
  const isRow = settings.kind === 'consecutive';
  const isTime = settings.kind === 'time';
  say('Opens at', settings.threshold, value =>
    isRow ? `${value} failures in a row` : `${percent(value)} failures`,
  );
  say('Looks back on', settings.window, value => (isTime ? duration(value) : `${value} calls`));
  say('Not before', settings.minimum_calls, value => `${value} calls`);
  say('Slow from', settings.slow_call_duration, duration);
  if (settings.slow_call_duration !== null) {
    say('Or opens at', settings.slow_threshold, value => `${percent(value)} slow calls`);
  }
  say('Next time open for', settings.open_timeout, duration);
  say('Probes at once', settings.permits, String);
  say('Closes after', settings.successes, value => `${value} that succeed`);
  say('A probe may take', settings.probe_timeout, duration);
  return said;
}
