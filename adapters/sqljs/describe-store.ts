import { inspectStore, type StoreInspection } from './inspect-store.ts';

/** An inspection as lines for people. */
export interface StoreDescription {
  /** Whether the store would open, and lose nothing. */
  readonly ok: boolean;
  readonly findings: readonly string[];
  readonly problems: readonly string[];
}

/** Looks at a store's files as `inspectStore` does, and says what it found. */
export async function describeStore(path: string): Promise<StoreDescription> {
  const inspection = await inspectStore(path);
  const problems = inspection.problems.map(
    ({ file, offset, problem, advice }) =>
      `${problem.includes(file) ? '' : `${file} `}${problem}${offset ? ` (at offset ${offset})` : ''}; ${advice}`,
  );
  if (!inspection.exists) problems.unshift(`there is no store at ${inspection.path}`);
  return { ok: problems.length === 0, findings: findingsOf(inspection), problems };
}

function findingsOf(inspection: StoreInspection): readonly string[] {
  const { path, exists, format, generation, imageBytes, redoBytes, redoFrames, tornBytes } =
    inspection;
  if (!exists) return [];
  const findings = [`${path}: ${imageBytes} bytes`];
  if (format !== undefined) findings.push(`store format ${format}`);
  if (generation === undefined) return findings;
  const states = Object.entries(inspection.operationsByState).map(([state, n]) => `${n} ${state}`);
  findings.push(
    `generation ${generation}, with ${redoFrames} commits (${redoBytes} bytes) in the redo`,
    `operations: ${states.join(', ') || 'none'}`,
    `transitions: ${inspection.transitions}`,
    `SQLite integrity check: ${inspection.integrity === 'ok' ? 'ok' : 'failed'}`,
  );
  if (tornBytes > 0) {
    findings.push(
      `${tornBytes} bytes of a write that was under way when its process ended; it was never acknowledged, and the next opening cuts it off`,
    );
  }
  if (inspection.lockedBy !== undefined) {
    findings.push(`in use by process ${inspection.lockedBy}; what was read may be of two moments`);
  }
  return findings;
}
