import { endCoverage } from '../../test-coverage.ts';

/** Prints which arrows were taken, and writes the page and the badge beside what the workers have counted. @returns problems */
export function coverageProblems(folder: string): readonly string[] {
  try {
    const { lines, ok } = endCoverage(folder);
    console.log((ok ? lines : lines.slice(0, -1)).join('\n'));
    return ok ? [] : lines.slice(-1);
  } catch (error) {
    return [(error as Error).message];
  }
}
