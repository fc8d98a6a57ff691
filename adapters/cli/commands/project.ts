import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { RecoveryError } from '../../../services/errors.ts';
import { RecoveryState } from '../../../services/ports.ts';
import { attend } from '../attend.ts';
import { type AuthSource, Credentials } from '../credentials.ts';
import type { CliDependencies, ProjectOperation, ProjectRequest } from '../dependencies.ts';
import { FamilyDisplay } from '../display/family.ts';
import { transferWords } from '../display/status.ts';
import { ExitCode } from '../exit-code.ts';
import { quoteArgument } from '../format.ts';
import { codeAndAdvice } from '../in-words.ts';
import { tellOutcome } from '../outcome.ts';
import { driftLines, isNotWhole, stuckLines } from '../project-outcome.ts';
import { displayFor, type Io, print, warn } from '../terminal-io.ts';
import { type Site, type Workplace, withWorkplace } from '../workplace/workplace.ts';
import { announcement } from './announcement.ts';
import { type Plan, planRepeated } from './download-plan.ts';

const UNFINISHED = [RecoveryState.PENDING, RecoveryState.IN_PROGRESS, RecoveryState.RECOVERING];

export interface ProjectCommandOptions {
  readonly id?: string;
  readonly maxRetries?: number;
  readonly authEnv?: readonly AuthSource[];
}

/** Does something with a project, or goes on with it; says at the end how it was, or how to go on. */
export async function projectCommand(
  deps: CliDependencies,
  io: Io,
  site: Site,
  argv: readonly string[],
  operation: ProjectOperation,
  request: ProjectRequest,
  { id, maxRetries, authEnv }: ProjectCommandOptions,
): Promise<ExitCode> {
  const credentials = Credentials.take(authEnv, { aboutOne: false });
  deps.checkProject(operation, request);
  if (operation === 'project.import' && site.here) {
    const refused = await deps.previewImport(request).then(
      () => undefined,
      (error: unknown) => error,
    );
    if (refused !== undefined) return tellRefusal(io, refused);
  }
  const work = async (place: Workplace) => {
    const plan = await planFor(place, operation, request, id);
    if (plan.kind === 'attach') await requireFor(deps, place, plan.id, credentials);
    const display = displayFor(io);
    const family = new FamilyDisplay(display);
    const status = { ...baseStatus(plan.id, request), ...('status' in plan ? plan.status : {}) };
    const shown = { ...status, label: request.to ?? request.name };
    const announced =
      plan.kind === 'start'
        ? undefined
        : announcement(
            place,
            shown,
            () => 'going on',
            line => display.note(line),
          );
    const start = async () => [
      plan.kind === 'retry'
        ? await place.retry(plan.id)
        : await place.start(operation, request, plan.id),
    ];
    const attended = await attend(place, display, [shown], start, progress => {
      announced?.(progress);
      family.tell(progress.value);
    });
    const [outcome] = attended.outcomes;
    if (!attended.interrupted && outcome !== undefined) return tellEnd(io, plan.id, outcome);
    const elsewhere = place.whereItGoesOn(plan.id);
    const progress = attended.current(plan.id)?.progress;
    const at = progress ? ` at ${transferWords({ ...progress, bytesPerSecond: 0 })}` : '';
    if (elsewhere === undefined) print(io, `stopped${at}`);
    print(io, elsewhere ?? `go on with: ${deps.invocation} ${argv.map(quoteArgument).join(' ')}`);
    return ExitCode.INTERRUPTED;
  };
  return withWorkplace(site, work, {
    create: true,
    credentials,
    ...(maxRetries === undefined ? {} : { tuning: { maxRetries } }),
  });
}

/** @throws SecretsMissingError for parts that began with credentials and would have to do without */
async function requireFor(
  deps: CliDependencies,
  place: Workplace,
  parentId: string,
  credentials: Credentials,
): Promise<void> {
  if (place.whereItGoesOn(parentId) !== undefined) return;
  let cursor: string | undefined;
  do {
    const page = await place.list({
      parentId,
      states: UNFINISHED,
      ...(cursor === undefined ? {} : { cursor }),
    });
    await credentials.require(page.items, deps.repositoryOf);
    cursor = page.next;
  } while (cursor !== undefined);
}

/** What has ended is over: the same command looks, makes or removes anew. */
async function planFor(
  place: Workplace,
  operation: ProjectOperation,
  request: ProjectRequest,
  wantedId: string | undefined,
): Promise<Plan> {
  const digest = createHash('sha256').update(JSON.stringify(request)).digest('hex');
  const made = `${operation.replace('project.', '')}-${request.to ?? request.name}-${digest.slice(0, 12)}`;
  const anew = async () => false;
  const plan = await planRepeated(place, request, made, wantedId, anew);
  const again = plan.kind === 'retry' && wantedId === undefined;
  if (!again || !(await isStale(place, operation, request))) return plan;
  return { ...plan, kind: 'start', id: `${made}-${Date.now().toString(36)}` };
}

/**
 * Whether a failed operation would go on with what is so no more: a verification with what it saw then, a deletion with a project that has gone, where
 * there is another of that name now.
 */
async function isStale(
  place: Workplace,
  operation: ProjectOperation,
  { root, name }: ProjectRequest,
): Promise<boolean> {
  if (operation === 'project.verify') return true;
  return operation === 'project.delete' && ((await place.hasFolder(join(root, name))) ?? true);
}

function tellEnd(io: Io, id: string, outcome: PromiseSettledResult<unknown>): ExitCode {
  if (outcome.status === 'rejected') return tellOutcome(io, id, outcome);
  for (const line of [...driftLines(outcome.value), ...stuckLines(outcome.value)]) print(io, line);
  const exitCode = tellOutcome(io, id, outcome);
  return isNotWhole(outcome.value) ? ExitCode.FAILED : exitCode;
}

/** A file that cannot be used: a line for each problem. */
function tellRefusal(io: Io, error: unknown): ExitCode {
  const details = error instanceof RecoveryError ? error.details : {};
  const lines = [...problemLines(details.problems), ...unresolvedLines(details.unresolved)];
  if (lines.length === 0) throw error;
  const total = typeof details.total === 'number' ? details.total : lines.length;
  for (const line of lines) warn(io, line);
  if (total > lines.length) warn(io, `and ${total - lines.length} more`);
  warn(io, `error: nothing was imported${codeAndAdvice(error)}`);
  return ExitCode.FAILED;
}

function problemLines(problems: unknown): string[] {
  if (!Array.isArray(problems)) return [];
  return problems.flatMap((found: unknown) => {
    if (typeof found !== 'object' || found === null || !('pointer' in found)) return [];
    const { pointer, problem } = found as Record<string, unknown>;
    return `${pointer === '' ? 'the file' : pointer} ${problem}`;
  });
}

function unresolvedLines(unresolved: unknown): string[] {
  if (!Array.isArray(unresolved)) return [];
  return unresolved.map((each: Record<string, unknown>) => {
    const { kind, name, problem, pointers } = each;
    const places = Array.isArray(pointers) ? pointers.slice(0, 3).join(', ') : '';
    return `${kind} "${name}" ${problem}${places === '' ? '' : ` (${places})`}`;
  });
}

function baseStatus(id: string, request: ProjectRequest) {
  const label = request.name;
  return { id, label, state: 'pending', attempt: 0, reason: null, progress: null } as const;
}
