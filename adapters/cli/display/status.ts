import { basename } from 'node:path';
import { type Reason, RecoveryState } from '../../../services/ports.ts';
import { formatBytes, formatDuration } from '../format.ts';

/** What a display shows of one operation. */
export interface Status {
  readonly id: string;
  /** What the reader knows it by. */
  readonly label: string;
  readonly state: RecoveryState;
  readonly attempt: number;
  /** Why it is in that state, when the transition said so. */
  readonly reason: Reason | null;
  readonly progress: TransferProgress | null;
}

/** The progress values that displays understand. */
export interface TransferProgress {
  readonly done: number;
  readonly total: number | null;
  readonly bytesPerSecond: number;
  /** Where what is counted are phases: the one that goes on. */
  readonly phase?: string;
  /** What the phase says of itself. */
  readonly line?: string;
}

/** Shows operations while they run. */
export interface Display {
  /** The newest status of an operation; shown at the display's own pace. `changed`: its state, attempt or phase is another one. */
  show(status: Status, changed: boolean): void;
  /** A line for people, above whatever moves. */
  note(line: string): void;
  /** Leaves the output tidy. Idempotent. */
  stop(): void;
}

const FINAL: readonly RecoveryState[] = [
  RecoveryState.SUCCESS,
  RecoveryState.FAILED,
  RecoveryState.EXHAUSTED,
];

export function isFinal(state: RecoveryState): boolean {
  return FINAL.includes(state);
}

/** Undefined where an operation reports something else. */
export function transferProgress(value: unknown): TransferProgress | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { done, total, bytesPerSecond, phase, line } = value as Record<string, unknown>;
  if (typeof done !== 'number') return undefined;
  return {
    done,
    total: typeof total === 'number' ? total : null,
    bytesPerSecond: typeof bytesPerSecond === 'number' ? bytesPerSecond : 0,
    ...(typeof phase === 'string' ? { phase } : {}),
    ...(typeof line === 'string' ? { line } : {}),
  };
}

/** `34.2 MB of 100.0 MB (34%), 5.1 MB/s, 13 s left`, or `clone (2 of 5): Receiving objects: 42%`. */
export function transferWords(progress: TransferProgress): string {
  const { done, total, bytesPerSecond, phase, line } = progress;
  if (phase !== undefined) {
    const count = total === null ? '' : ` (${Math.min(done + 1, total)} of ${total})`;
    return `${phase}${count}${line === undefined ? '' : `: ${line}`}`;
  }
  const share = total === null || total === 0 ? '' : ` (${Math.floor((done * 100) / total)}%)`;
  const amount =
    total === null ? formatBytes(done) : `${formatBytes(done)} of ${formatBytes(total)}${share}`;
  if (bytesPerSecond === 0) return amount;
  const left = total === null ? null : ((total - done) * 1000) / bytesPerSecond;
  const eta = left === null || left === 0 ? '' : `, ${formatDuration(left)} left`;
  return `${amount}, ${formatBytes(bytesPerSecond)}/s${eta}`;
}

/** What an operation is called on the screen: a project or an installation by its name, a download by its file, any other by its id. */
export function labelOf(operation: { readonly id: string; readonly input: unknown }): string {
  const { input } = operation;
  if (typeof input === 'object' && input !== null && 'root' in input && 'name' in input) {
    if (typeof input.name === 'string' && input.name !== '') return input.name;
  }
  if (typeof input === 'object' && input !== null && 'file' in input) {
    if (typeof input.file === 'string' && input.file !== '') return basename(input.file);
  }
  return operation.id;
}
