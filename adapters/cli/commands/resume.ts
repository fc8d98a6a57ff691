import type { OperationHandle, OperationView, Recovery } from '../../../services/ports.ts';
import { RecoveryState } from '../../../services/ports.ts';
import { attend, ended } from '../attend.ts';
import { type AuthSource, Credentials } from '../credentials.ts';
import type { CliDependencies } from '../dependencies.ts';
import { labelOf, type Status } from '../display/status.ts';
import { ExitCode } from '../exit-code.ts';
import { count, quoteArgument } from '../format.ts';
import { tellOutcome } from '../outcome.ts';
import { withExistingStore } from '../store.ts';
import { displayFor, type Io, print, warn } from '../terminal-io.ts';
import { StoreWorkplace } from '../workplace/store-workplace.ts';
import type { Site } from '../workplace/workplace.ts';

/** The port's largest page. */
const PAGE = 1_000;
const UNFINISHED = [RecoveryState.PENDING, RecoveryState.IN_PROGRESS, RecoveryState.RECOVERING];

export interface ResumeOptions {
  readonly authEnv?: readonly AuthSource[];
}

/** Brings everything unfinished back to life, and stays until it has ended. */
export async function resumeCommand(
  deps: CliDependencies,
  io: Io,
  site: Site,
  argv: readonly string[],
  { authEnv }: ResumeOptions = {},
): Promise<ExitCode> {
  const path = site.store(
    'goes on with its operations by itself, so that there is nothing to resume; `list` shows them',
  );
  const credentials = Credentials.take(authEnv, { aboutOne: false });
  const { authFor, headersFor } = credentials;
  return withExistingStore(deps, path, { authFor, headersFor }, async ({ recovery }) => {
    const place = new StoreWorkplace(recovery);
    const views = await unfinished(recovery);
    await credentials.require(views, deps.repositoryOf);
    const known = new Set(views.map(view => view.id));
    let running: readonly OperationHandle[] = [];
    const attended = await attend(place, displayFor(io), views.map(statusOf), async () => {
      await recovery.resume();
      running = await runnable(recovery, known);
      return running;
    });
    let exitCode: ExitCode = tellLeftOver(recovery, io);
    attended.outcomes.forEach((outcome, index) => {
      const id = running[index]?.id ?? '';
      if (ended(outcome) && tellOutcome(io, id, outcome) !== ExitCode.SUCCESS) {
        exitCode = ExitCode.FAILED;
      }
    });
    if (attended.interrupted) {
      print(io, `go on with: ${deps.invocation} ${argv.map(quoteArgument).join(' ')}`);
      return ExitCode.INTERRUPTED;
    }
    if (running.length === 0) print(io, 'there is nothing to resume');
    return exitCode;
  });
}

async function unfinished(recovery: Recovery): Promise<readonly OperationView[]> {
  const views: OperationView[] = [];
  let cursor: string | undefined;
  do {
    const page = await recovery.list({
      states: UNFINISHED,
      order: 'oldest',
      limit: PAGE,
      ...(cursor === undefined ? {} : { cursor }),
    });
    views.push(...page.items);
    cursor = page.next;
  } while (cursor !== undefined);
  return views;
}

/** Handles of those that will end by themselves: neither set aside, nor without a definition, nor paused. */
async function runnable(recovery: Recovery, ids: ReadonlySet<string>): Promise<OperationHandle[]> {
  const { quarantined, undefinedOperations } = recovery.health();
  const setAside = new Set(quarantined.map(({ id }) => id));
  const handles: OperationHandle[] = [];
  for (const id of ids) {
    if (setAside.has(id)) continue;
    const view = await recovery.view(id);
    if (view === undefined || view.name in undefinedOperations) continue;
    const handle = await recovery.get(id);
    if (handle !== undefined && !isPaused(handle)) handles.push(handle);
  }
  return handles;
}

function isPaused(handle: OperationHandle): boolean {
  const { value } = handle.actor.getSnapshot() as { readonly value?: unknown };
  return JSON.stringify(value ?? '').includes('"paused"');
}

/** What could not be brought back, and whether that is a fault. */
function tellLeftOver(recovery: Recovery, io: Io): ExitCode {
  const { quarantined, undefinedOperations } = recovery.health();
  for (const { id, why } of quarantined) warn(io, `set aside: ${id}: ${why}`);
  for (const [name, n] of Object.entries(undefinedOperations)) {
    print(io, `${count(n, 'operation')} "${name}" left to the program that defines it`);
  }
  return quarantined.length === 0 ? ExitCode.SUCCESS : ExitCode.FAILED;
}

function statusOf(view: OperationView): Status {
  const { id, state, attempt } = view;
  return { id, label: labelOf(view), state, attempt, reason: null, progress: null };
}
