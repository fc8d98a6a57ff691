import type { z } from 'zod';
import type { Findings, Path } from './findings.ts';

/** What zod found, in the place where the value stands. */
export function noteIssues(findings: Findings, path: Path, error: z.ZodError): void {
  for (const issue of error.issues) {
    const steps = issue.path.map(step => (typeof step === 'symbol' ? String(step) : step));
    const unknown = issue.code === 'unrecognized_keys' ? issue.keys.slice(0, 5) : [];
    for (const key of unknown) findings.add([...path, ...steps, key], 'is not known here');
    if (unknown.length === 0) findings.add([...path, ...steps], continued(issue.message));
  }
}

/** zod's sentences begin anew; ours continue one that begins with the place. */
function continued(message: string): string {
  return /^(must|is|has|names|leads)/.test(message)
    ? message
    : `is wrong: ${message.charAt(0).toLowerCase()}${message.slice(1)}`;
}
