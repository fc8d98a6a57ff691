import { numberIn } from '../../data/breaker-facts.ts';
import { percent } from '../../data/numbers.ts';
import { duration } from '../../data/time.ts';
import type { Breaker } from '../../data/wire.ts';

/** What a breaker goes by, for people. What its kind does not look at is left out. */
export function settingsInWords(
  breaker: Breaker,
): readonly { readonly name: string; readonly value: string }[] {
  const settings: Readonly<Record<string, unknown>> = breaker.settings ?? {};
  const facts: { name: string; value: string }[] = [];
  const add = (name: string, member: string, words: (value: number) => string) => {
    const value = numberIn(settings, member);
    if (value !== null) facts.push({ name, value: words(value) });
  };
  const isRatio = settings.kind === 'count' || settings.kind === 'time';
  add('Opens at', 'threshold', value =>
    isRatio ? `${percent(value)} failures` : `${value} failures in a row`,
  );
  add('Looks back on', 'window', value =>
    settings.kind === 'time' ? duration(value) : `${value} calls`,
  );
  add('Not before', 'minimum_calls', value => `${value} calls`);
  add('Slow from', 'slow_call_duration', duration);
  add('Opens at', 'slow_threshold', value => `${percent(value)} slow calls`);
  add('Next time open for', 'open_timeout', duration);
  add('Probes', 'permits', value => `${value} at once`);
  add('Closes after', 'successes', value => `${value} successful`);
  add('A probe may take', 'probe_timeout', duration);
  return facts.filter(
    ({ name }, at) => facts.findIndex(other => other.name === name) === at || name !== 'Opens at',
  );
}
