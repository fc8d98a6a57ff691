import { ValidationError } from '../../../services/errors.ts';
import { type Attended, attend } from '../attend.ts';
import { type AuthSource, Credentials } from '../credentials.ts';
import type { CliDependencies, DownloadRequest } from '../dependencies.ts';
import { type TransferProgress, transferWords } from '../display/status.ts';
import { ExitCode } from '../exit-code.ts';
import { formatBytes, formatInstant, quoteArgument } from '../format.ts';
import { tellOutcome } from '../outcome.ts';
import { displayFor, type Io, print } from '../terminal-io.ts';
import { type Site, type Workplace, withWorkplace } from '../workplace/workplace.ts';
import { announcement } from './announcement.ts';
import { type Plan, planDownload } from './download-plan.ts';

export interface DownloadOptions {
  readonly sha256?: string;
  readonly header?: Readonly<Record<string, string>>;
  readonly id?: string;
  readonly maxRetries?: number;
  readonly ranges?: number;
  /** Bytes a second. */
  readonly limitRate?: number;
  /** Milliseconds. */
  readonly idleTimeout?: number;
  readonly authEnv?: readonly AuthSource[];
}

/** Downloads a file, or goes on with it; says at the end how it was, or how to go on. */
export async function downloadCommand(
  deps: CliDependencies,
  io: Io,
  site: Site,
  argv: readonly string[],
  url: string,
  file: string,
  options: DownloadOptions,
): Promise<ExitCode> {
  const credentials = Credentials.take(options.authEnv, { aboutOne: true });
  const header = headerOf(url, options.header, credentials);
  const request: DownloadRequest = {
    url,
    file: site.file(file),
    ...(options.sha256 === undefined ? {} : { sha256: options.sha256.toLowerCase() }),
    ...(header === undefined ? {} : { headers: header }),
    ...(options.idleTimeout === undefined ? {} : { idleTimeout: options.idleTimeout }),
  };
  deps.checkDownload(request);
  const { maxRetries, ranges, limitRate } = options;
  const tuning = {
    ...(maxRetries === undefined ? {} : { maxRetries }),
    ...(ranges === undefined ? {} : { ranges }),
    ...(limitRate === undefined ? {} : { bytesPerSecond: limitRate }),
  };
  const work = async (place: Workplace) => {
    const plan = await planDownload(place, request, options.id);
    if (plan.kind === 'there') {
      const when = formatInstant(plan.view.updatedAt);
      print(io, `${request.file} was downloaded on ${when}; remove it to download it again`);
      return ExitCode.SUCCESS;
    }
    const attended = await run(place, request, plan, io);
    if (!attended.interrupted && attended.outcomes[0] !== undefined) {
      return tellOutcome(io, plan.id, attended.outcomes[0]);
    }
    const elsewhere = place.whereItGoesOn(plan.id);
    const progress = attended.current(plan.id)?.progress;
    const at = progress ? ` at ${transferWords({ ...progress, bytesPerSecond: 0 })}` : '';
    if (elsewhere === undefined) print(io, `stopped${at}`);
    print(io, elsewhere ?? `go on with: ${deps.invocation} ${argv.map(quoteArgument).join(' ')}`);
    return ExitCode.INTERRUPTED;
  };
  return withWorkplace(site, work, {
    create: true,
    tuning,
    credentials,
    ...(header === undefined ? {} : { headers: header }),
  });
}

/** @throws ValidationError for credentials of another server */
function headerOf(
  url: string,
  header: DownloadOptions['header'],
  credentials: Credentials,
): DownloadOptions['header'] {
  if (!credentials.any) return header;
  const own = credentials.headersFor(url);
  if (own !== undefined) return { ...header, ...own };
  throw new ValidationError(
    '--auth-env has nothing for this address: it is for https, and for the server that it names',
  );
}

async function run(
  place: Workplace,
  request: DownloadRequest,
  plan: Exclude<Plan, { kind: 'there' }>,
  io: Io,
): Promise<Attended> {
  const display = displayFor(io);
  const start = async () => [
    plan.kind === 'retry'
      ? await place.retry(plan.id)
      : await place.start('download', request, plan.id),
  ];
  if (plan.kind === 'start') return attend(place, display, [plan.status], start);
  const announce = announcement(
    place,
    plan.status,
    value => resumedAt(value as TransferProgress),
    line => display.note(line),
  );
  return attend(place, display, [plan.status], start, announce);
}

function resumedAt({ done }: TransferProgress): string {
  return done === 0 ? 'starting again' : `resuming at ${formatBytes(done)}`;
}
