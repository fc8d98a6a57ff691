/**
 * On a path, the runtime was not where the chart is, or broke a promise. What an assertion's error is to a test runner: no error of an operation, and nothing that
 * goes over the wire.
 */
export class PathViolation extends Error {
  readonly code = 'PATH_VIOLATION';
  /** The path, in words. */
  readonly path: string;
  /** What was being done. */
  readonly where: string;
  readonly problems: readonly string[];

  constructor(path: string, where: string, problems: readonly string[]) {
    super(`${problems.join('; ')}; at "${where}" of the path: ${path}`);
    this.name = 'PathViolation';
    this.path = path;
    this.where = where;
    this.problems = problems;
  }
}
