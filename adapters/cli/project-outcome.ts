import { count, formatBytes } from './format.ts';

/** What an operation on a project has come to; undefined for other outputs. */
export function projectInWords(output: unknown): string | undefined {
  if (!isRecord(output) || typeof output.name !== 'string') return undefined;
  if (isRecord(output) && Array.isArray(output.drift)) return driftInWords(output);
  const { name, folder, models, nodes, bytes, missing, removed, kept } = output;
  if (typeof folder === 'string' && typeof models === 'number' && typeof nodes === 'number') {
    const size = typeof bytes === 'number' ? ` of ${formatBytes(bytes)}` : '';
    const left = Array.isArray(missing) ? missing.length : 0;
    const less = left === 0 ? '' : `; without ${left} of what it needs`;
    return `${folder}, ${count(models, 'model')}${size}, ${count(nodes, 'installation')}${less}`;
  }
  if (Array.isArray(removed) && Array.isArray(kept)) {
    const gone = removed.length === 0 ? '' : ` with ${count(removed.length, 'model')}`;
    const rest = kept.length === 0 ? '' : `; ${count(kept.length, 'model')} kept`;
    return `${name} deleted${gone}${rest}`;
  }
  return undefined;
}

/** The lines of a report about drift; none for other outputs. */
export function driftLines(output: unknown): string[] {
  if (!isRecord(output) || !Array.isArray(output.drift)) return [];
  return output.drift.filter(isRecord).map(({ kind, name, problem, repaired, error }) => {
    const words = `${kind} ${name} ${problem}`;
    if (repaired === true) return `${words}: repaired`;
    return typeof error === 'string' ? `${words}: not repaired: ${error}` : words;
  });
}

/** The lines of a deletion about models that could not go; none for other outputs. */
export function stuckLines(output: unknown): string[] {
  if (!isRecord(output) || !Array.isArray(output.stuck)) return [];
  return output.stuck
    .filter(isRecord)
    .map(({ path, problem }) => `model ${path} kept: it ${problem}`);
}

/** Whether it is a report that says that something is still wrong. */
export function isNotWhole(output: unknown): boolean {
  return isRecord(output) && Array.isArray(output.drift) && output.whole === false;
}

function driftInWords({ name, drift, whole, checked }: Readonly<Record<string, unknown>>): string {
  const n = Array.isArray(drift) ? drift.length : 0;
  if (n === 0) return `${name} is as it was made, ${checked} parts looked at`;
  return `${name} ${whole === true ? 'is whole again' : 'is not as it was made'}, ${count(n, 'difference')}`;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
