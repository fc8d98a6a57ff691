import { createHash } from 'node:crypto';
import { ValidationError } from '../../../services/errors.ts';
import { attend } from '../attend.ts';
import { type AuthSource, Credentials } from '../credentials.ts';
import type { CliDependencies, InstallationName, InstallationRequest } from '../dependencies.ts';
import { labelOf, transferProgress } from '../display/status.ts';
import { ExitCode } from '../exit-code.ts';
import { quoteArgument } from '../format.ts';
import { tellOutcome } from '../outcome.ts';
import { displayFor, type Io, print } from '../terminal-io.ts';
import { type Site, type Workplace, withWorkplace } from '../workplace/workplace.ts';
import { announcement } from './announcement.ts';
import { planRepeated } from './download-plan.ts';

export interface InstallationOptions {
  readonly root: string;
  readonly name?: string;
  readonly ref?: string;
  readonly replace?: boolean;
  readonly force?: boolean;
  readonly id?: string;
  readonly maxRetries?: number;
  readonly authEnv?: readonly AuthSource[];
}

/** What a command line says of an installation besides its options. */
export interface InstallationCommand {
  readonly operation: InstallationName;
  /** The address of a repository, or a name; with `@ref` behind it where it takes one. */
  readonly subject: string;
}

/** Installs, updates or uninstalls, or goes on with it; says at the end how it was, or how to go on. */
export async function installationCommand(
  deps: CliDependencies,
  io: Io,
  site: Site,
  argv: readonly string[],
  { operation, subject }: InstallationCommand,
  options: InstallationOptions,
): Promise<ExitCode> {
  const wish = requestOf(deps, site, operation, subject, options);
  const { maxRetries, authEnv } = options;
  const credentials = Credentials.take(authEnv, { aboutOne: true });
  const request = await withAuth(deps, wish, credentials);
  deps.checkInstallation(operation, request);
  const work = async (place: Workplace) => {
    const anew = async () => false;
    const plan = await planRepeated(place, request, idOf(operation, wish), options.id, anew);
    const display = displayFor(io);
    const status = { ...baseStatus(plan.id, request), ...('status' in plan ? plan.status : {}) };
    const told =
      plan.kind === 'start'
        ? undefined
        : announcement(place, status, resumedAt, line => display.note(line));
    const start = async () => [
      plan.kind === 'retry'
        ? await place.retry(plan.id)
        : await place.start(operation, request, plan.id),
    ];
    const attended = await attend(place, display, [status], start, told);
    const [outcome] = attended.outcomes;
    if (!attended.interrupted && outcome !== undefined) return tellOutcome(io, plan.id, outcome);
    const elsewhere = place.whereItGoesOn(plan.id);
    const phase = attended.current(plan.id)?.progress?.phase;
    if (elsewhere === undefined) print(io, `stopped${phase === undefined ? '' : ` at ${phase}`}`);
    print(io, elsewhere ?? `go on with: ${deps.invocation} ${argv.map(quoteArgument).join(' ')}`);
    return ExitCode.INTERRUPTED;
  };
  return withWorkplace(site, work, {
    create: true,
    credentials,
    ...(maxRetries === undefined ? {} : { tuning: { maxRetries } }),
  });
}

/** @throws ValidationError for credentials of another server than the repository's */
async function withAuth(
  deps: CliDependencies,
  wish: InstallationRequest,
  credentials: Credentials,
): Promise<InstallationRequest> {
  if (!credentials.any) return wish;
  const repository = await deps.repositoryOf(wish);
  const auth = repository === undefined ? undefined : credentials.authFor(repository);
  if (auth !== undefined) return { ...wish, auth };
  throw new ValidationError(
    `--auth-env has nothing for ${repository ?? 'what is not installed'}: it is for https, and for the server that it names`,
  );
}

function requestOf(
  deps: CliDependencies,
  site: Site,
  operation: InstallationName,
  subject: string,
  { root, name, ref, replace, force }: InstallationOptions,
): InstallationRequest {
  const parted =
    ref === undefined && operation !== 'git.uninstall' ? partRef(subject) : { subject };
  const wanted = ref ?? ('ref' in parted ? parted.ref : undefined);
  const installs = operation === 'git.install';
  const folder = name ?? (installs ? deps.folderName(parted.subject) : parted.subject);
  return {
    // A slash behind it would say no more.
    root: site.file(root.replace(/(.)[/\\]+$/, '$1')),
    ...(folder === undefined ? {} : { name: folder }),
    ...(installs ? { repository: parted.subject } : {}),
    ...(wanted === undefined ? {} : { ref: wanted }),
    ...(replace ? { replace } : {}),
    ...(force ? { force } : {}),
  };
}

/**
 * Parts `https://host/owner/name@v1` and `git@host:name@feature/x` before the last `@` of the path that does not begin a part of it, as that of
 * `https://host/@scope/name` does. A `@` before the path belongs to a user.
 */
export function partRef(text: string): { readonly subject: string; readonly ref?: string } {
  const before = /^(?:[a-z][a-z0-9+.-]*:\/\/[^/]*|[^/@:]*@[^/:]*:)/i.exec(text)?.[0].length ?? 0;
  for (let at = text.lastIndexOf('@'); at > before; at = text.lastIndexOf('@', at - 1)) {
    if (text[at - 1] !== '/') return { subject: text.slice(0, at), ref: text.slice(at + 1) };
  }
  return { subject: text };
}

/** The same wish is the same operation. */
function idOf(operation: InstallationName, request: InstallationRequest): string {
  const digest = createHash('sha256').update(JSON.stringify(request)).digest('hex');
  return `${operation.replace('git.', '')}-${digest.slice(0, 12)}`;
}

function baseStatus(id: string, request: InstallationRequest) {
  const label = labelOf({ id, input: request });
  return { id, label, state: 'pending', attempt: 0, reason: null, progress: null } as const;
}

function resumedAt(value: unknown): string {
  const phase = transferProgress(value)?.phase;
  return phase === undefined ? 'going on' : `resuming at ${phase}`;
}
