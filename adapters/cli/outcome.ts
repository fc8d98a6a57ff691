import { ErrorCode, RecoveryError } from '../../services/errors.ts';
import type { Downloaded, Installed, Uninstalled } from './dependencies.ts';
import { ExitCode } from './exit-code.ts';
import { formatBytes } from './format.ts';
import { codeAndAdvice, messageOf } from './in-words.ts';
import { projectInWords } from './project-outcome.ts';
import { complain, type Io, print, trace, warn } from './terminal-io.ts';

/** Says how an operation ended, and what the exit code makes of it. */
export function tellOutcome(io: Io, id: string, outcome: PromiseSettledResult<unknown>): ExitCode {
  if (outcome.status === 'fulfilled') {
    print(io, `success: ${outputInWords(id, outcome.value)}`);
    return ExitCode.SUCCESS;
  }
  const { reason } = outcome;
  if (!(reason instanceof RecoveryError)) {
    complain(io, reason);
    return ExitCode.FAILED;
  }
  // The chart's own words for it, which the error's message repeats with the id around them.
  const { message } = reason.details;
  const words = typeof message === 'string' ? message : messageOf(reason);
  warn(io, `${stateOf(reason)}: ${id}: ${words}${codeAndAdvice(reason)}`);
  trace(io, reason);
  return ExitCode.FAILED;
}

function stateOf({ code }: RecoveryError): string {
  if (code === ErrorCode.OPERATION_EXHAUSTED) return 'exhausted';
  if (code === ErrorCode.OPERATION_CANCELLED) return 'cancelled';
  if (code === ErrorCode.OPERATION_FAILED || code === ErrorCode.CIRCUIT_OPEN) return 'failed';
  return 'error';
}

function outputInWords(id: string, output: unknown): string {
  if (isInstalled(output)) {
    const { folder, commit, changed, carriedOver } = output;
    const what = `${folder}, commit ${commit.slice(0, 12)}`;
    return `${what}${changed ? '' : ', was there already'}${carriedInWords(carriedOver)}`;
  }
  if (isUninstalled(output))
    return `${output.folder} ${output.removed ? 'removed' : 'was not there'}`;
  const project = projectInWords(output);
  if (project !== undefined) return project;
  if (!isDownloaded(output)) return output === undefined ? id : `${id}: ${JSON.stringify(output)}`;
  const { file, bytes, sha256, resumedFrom } = output;
  const resumed = resumedFrom === 0 ? '' : `, ${formatBytes(resumedFrom)} of it from before`;
  return `${file}, ${formatBytes(bytes)}${resumed}, SHA-256 ${sha256}`;
}

/** What an update has met of other people's files; what is kept aside somebody has to look at. */
function carriedInWords(carried: Installed['carriedOver']): string {
  if (carried === undefined) return '';
  const { files, conflicting, keptIn } = carried;
  const came = files === 0 ? '' : `, ${files} of your files carried over`;
  if (conflicting === 0) return came;
  return `${came}, ${conflicting} of your files kept in ${keptIn}, where the new version has others`;
}

export function isDownloaded(value: unknown): value is Downloaded {
  if (typeof value !== 'object' || value === null) return false;
  const { file, bytes, sha256, resumedFrom } = value as Record<string, unknown>;
  return (
    typeof file === 'string' &&
    typeof bytes === 'number' &&
    typeof sha256 === 'string' &&
    typeof resumedFrom === 'number'
  );
}

function isInstalled(value: unknown): value is Installed {
  if (typeof value !== 'object' || value === null) return false;
  const { folder, commit, changed } = value as Record<string, unknown>;
  return typeof folder === 'string' && typeof commit === 'string' && typeof changed === 'boolean';
}

function isUninstalled(value: unknown): value is Uninstalled {
  if (typeof value !== 'object' || value === null) return false;
  const { folder, removed } = value as Record<string, unknown>;
  return typeof folder === 'string' && typeof removed === 'boolean';
}
