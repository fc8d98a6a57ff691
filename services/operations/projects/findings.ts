import type { Finding } from './errors.ts';

/** Findings that are kept; of the others only the number is. */
const KEPT = 100;
const MAX_POINTER = 300;

/** The steps to a value in a JSON document: keys and indexes, from the root. */
export type Path = readonly (string | number)[];

/** RFC 6901. The middle of one that is too long is left out. */
export function pointerOf(path: Path): string {
  const pointer = path
    .map(step => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`)
    .join('');
  if (pointer.length <= MAX_POINTER) return pointer;
  return `${pointer.slice(0, MAX_POINTER / 2)}…${pointer.slice(-MAX_POINTER / 2)}`;
}

/** A value in words for a message: text as JSON, cut. */
export function quoted(value: unknown): string {
  const text = typeof value === 'string' ? JSON.stringify(value.slice(0, 80)) : String(value);
  return typeof value === 'string' && value.length > 80 ? `${text}…` : text;
}

/** Gathers what is wrong with a file, so that one error can tell it all. */
export class Findings {
  readonly #kept: Finding[] = [];
  #total = 0;

  get total(): number {
    return this.#total;
  }

  get kept(): readonly Finding[] {
    return this.#kept;
  }

  add(path: Path, problem: string): void {
    this.#total += 1;
    if (this.#kept.length < KEPT) this.#kept.push({ pointer: pointerOf(path), problem });
  }

  /** Adds a problem where there is one. */
  note(path: Path, problem: string | undefined): void {
    if (problem !== undefined) this.add(path, problem);
  }
}

/** What an error of a file is made of. */
export function factsOf(subject: string, findings: Findings) {
  return { subject, problems: findings.kept, total: findings.total };
}
