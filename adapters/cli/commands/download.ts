import { resolve } from 'node:path';
import type { OperationHandle, Recovery } from '../../../services/ports.ts';
import { type Attended, attend } from '../attend.ts';
import type { CliDependencies, DownloadRequest, OpenStore } from '../dependencies.ts';
import { type Status, type TransferProgress, transferWords } from '../display/status.ts';
import { ExitCode } from '../exit-code.ts';
import { formatBytes, formatInstant, quoteArgument } from '../format.ts';
import { tellOutcome } from '../outcome.ts';
import { withStore } from '../store.ts';
import { displayFor, type Io, print } from '../terminal-io.ts';
import { type Plan, planDownload } from './download-plan.ts';

export interface DownloadOptions {
  readonly store: string;
  readonly sha256?: string;
  readonly header?: Readonly<Record<string, string>>;
  readonly id?: string;
  readonly maxRetries?: number;
  /** Milliseconds. */
  readonly idleTimeout?: number;
}

/** Downloads a file, or goes on with it; says at the end how it was, or how to go on. */
export async function downloadCommand(
  deps: CliDependencies,
  io: Io,
  argv: readonly string[],
  url: string,
  file: string,
  options: DownloadOptions,
): Promise<ExitCode> {
  const request: DownloadRequest = {
    url,
    // A trailing slash says "a folder", which `resolve` would hide.
    file: /[/\\]$/.test(file) || file === '' ? file : resolve(file),
    ...(options.sha256 === undefined ? {} : { sha256: options.sha256.toLowerCase() }),
    ...(options.header === undefined ? {} : { headers: options.header }),
    ...(options.idleTimeout === undefined ? {} : { idleTimeout: options.idleTimeout }),
  };
  deps.checkDownload(request);
  const { maxRetries } = options;
  const openOptions = maxRetries === undefined ? {} : { maxRetries };
  return withStore(deps, options.store, openOptions, async store => {
    const plan = await planDownload(store.recovery, request, options.id);
    if (plan.kind === 'there') {
      const when = formatInstant(plan.view.updatedAt);
      print(io, `${request.file} was downloaded on ${when}; remove it to download it again`);
      return ExitCode.SUCCESS;
    }
    const attended = await run(store, request, plan, io);
    if (!attended.interrupted && attended.outcomes[0] !== undefined) {
      return tellOutcome(io, plan.id, attended.outcomes[0]);
    }
    const progress = attended.current(plan.id)?.progress;
    print(
      io,
      `stopped${progress ? ` at ${transferWords({ ...progress, bytesPerSecond: 0 })}` : ''}`,
    );
    print(io, `go on with: ${deps.invocation} ${argv.map(quoteArgument).join(' ')}`);
    return ExitCode.INTERRUPTED;
  });
}

async function run(
  { recovery, download }: OpenStore,
  request: DownloadRequest,
  plan: Exclude<Plan, { kind: 'there' }>,
  io: Io,
): Promise<Attended> {
  const display = displayFor(io);
  const start = async (): Promise<OperationHandle[]> => [
    plan.kind === 'retry'
      ? await recovery.retry(plan.id)
      : await download.start(request, { id: plan.id }),
  ];
  if (plan.kind === 'start') return attend(recovery, display, [plan.status], start);
  const announced = announceResumption(recovery, plan.status, line => display.note(line));
  try {
    return await attend(recovery, display, [plan.status], start);
  } finally {
    announced.stop();
  }
}

/** Says once where an operation goes on, as soon as it is known how much is there. */
function announceResumption(
  recovery: Recovery,
  { id, label }: Status,
  say: (line: string) => void,
): { stop(): void } {
  const subscription = recovery.progress$.subscribe(({ operationId, attempt, value }) => {
    if (operationId !== id) return;
    subscription.unsubscribe();
    const { done } = value as TransferProgress;
    recovery.history(id).then(
      history => {
        const count = (kind: string) =>
          history.filter(({ reason }) => reason?.kind === kind).length;
        const facts = [
          `${label}: ${done === 0 ? 'starting again' : `resuming at ${formatBytes(done)}`}`,
          `attempt ${attempt}`,
          ...times('interrupted', count('interrupted')),
          ...times('stopped', count('suspended')),
        ];
        say(facts.join(', '));
      },
      () => undefined, // the store's trouble is told by the operation's own outcome
    );
  });
  return { stop: () => subscription.unsubscribe() };
}

function times(what: string, n: number): string[] {
  if (n === 0) return [];
  if (n <= 2) return [`${what} ${n === 1 ? 'once' : 'twice'}`];
  return [`${what} ${n} times`];
}
