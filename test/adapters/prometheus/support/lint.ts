import type { Exposition } from './samples.ts';

const PARTS = /_(bucket|sum|count)$/;
/** Units that have a base unit to be told in instead, and their abbreviations. */
const UNITS =
  /_(milliseconds?|microseconds?|nanoseconds?|minutes?|hours?|days?|ms|us|ns|s|sec|secs|kilobytes|megabytes|kb|mb|bits|percent)(_|$)/;
const TYPE_IN_NAME = /_(counter|gauge|histogram|summary)(_|$)/;

/**
 * The rules of `promtool check metrics`: https://github.com/prometheus/client_golang/tree/main/prometheus/testutil/promlint/validations
 */
export function lint({ samples, help, types }: Exposition): string[] {
  const problems: string[] = [];
  const check = (fits: boolean, name: string, problem: string) => {
    if (!fits) problems.push(`${name}: ${problem}`);
  };
  for (const [name, type] of types) {
    check((help.get(name) ?? '') !== '', name, 'no help text');
    check(type !== 'counter' || name.endsWith('_total'), name, 'a counter without _total');
    check(type === 'counter' || !name.endsWith('_total'), name, 'only counters have _total');
    check(!PARTS.test(name), name, 'a suffix that histograms have');
    check(!name.includes(':'), name, 'a colon, which is for recording rules');
    check(!/[a-z][A-Z]/.test(name), name, 'camelCase');
    check(!UNITS.test(name), name, 'not a base unit, or one abbreviated');
    check(!TYPE_IN_NAME.test(name), name, 'its type in the name');
  }
  for (const { name, labels } of samples) {
    const family = types.has(name) ? name : name.replace(PARTS, '');
    check(types.has(family), name, 'no type');
    for (const label of Object.keys(labels)) {
      check(!/[a-z][A-Z]/.test(label), name, `label ${label} in camelCase`);
      check(label !== 'le' || types.get(family) === 'histogram', name, 'le without histogram');
      check(!family.endsWith(`_by_${label}`), name, `label ${label} in the name`);
    }
  }
  const series = samples.map(({ name, labels }) => name + JSON.stringify(labels));
  check(new Set(series).size === series.length, 'all', 'a series that is told twice');
  return problems;
}
