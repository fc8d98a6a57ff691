import type { Problem } from '../data/wire.ts';

/** What a request came to where it was refused, or never answered. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.detail ?? problem.title);
    this.problem = problem;
  }
}

/** The problem of a request that never got an answer. */
export const UNREACHABLE: Problem = {
  type: 'about:blank',
  title: 'The server cannot be reached',
  // There is no status without an answer; this is what a proxy would say.
  status: 504,
  code: 'UNREACHABLE',
};

/** Something that was thrown, as a problem. */
export function problemOf(thrown: unknown): Problem {
  if (thrown instanceof ProblemError) return thrown.problem;
  if (isProblem(thrown)) return thrown;
  const detail = thrown instanceof Error ? thrown.message : String(thrown);
  return {
    type: 'about:blank',
    title: 'Something went wrong in the page',
    status: 500,
    code: 'PAGE',
    detail,
  };
}

/** Whether something that came over a wire is a problem. */
export function isProblem(value: unknown): value is Problem {
  if (typeof value !== 'object' || value === null) return false;
  const { title, status, code } = value as Readonly<Record<string, unknown>>;
  return typeof title === 'string' && typeof status === 'number' && typeof code === 'string';
}

/** One line for people. */
export function problemInWords({ title, detail, errors }: Problem): string {
  const faults = (errors ?? []).map(fault => `${fault.pointer} ${fault.detail}`.trim());
  return [title, detail, ...faults].filter(part => part !== undefined && part !== '').join(': ');
}
