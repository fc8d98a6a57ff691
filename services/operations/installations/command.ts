import { type ChildProcess, spawn } from 'node:child_process';
import { access, constants, stat } from 'node:fs/promises';
import { delimiter, isAbsolute, join } from 'node:path';
import type { Logger } from '../../ports.ts';
import { removeDurable, writeDurably } from './durable-file.ts';
import { CommandError, CommandMissingError } from './errors.ts';
import { endFamily, markOf, type RunningProgram } from './orphans.ts';
import { Output } from './output.ts';
import type { Place } from './place.ts';
import { exists, identityOf } from './process-identity.ts';
import { troubleIn } from './trouble.ts';

/** A program to run. */
export interface Command {
  /** Its name, looked for in PATH, or its absolute path. */
  readonly program: string;
  readonly args: readonly string[];
  /** What it is doing, for people: `git fetch`. */
  readonly what: string;
  /** The folder that it works in. @default the staging folder */
  readonly cwd?: string;
  readonly env: Readonly<Record<string, string>>;
  /** Whether its standard output is an answer to us, and not for people. @default false */
  readonly answers?: boolean;
  /** Bytes of its answer at most; a longer one is a failure where this is said, and is cut off where it is not. @default 1048576 */
  readonly maxAnswer?: number;
  /** What must not be seen in its output. @default none */
  readonly secrets?: readonly string[];
}

/** Where and for whom programs run. */
export interface Workshop {
  readonly place: Place;
  readonly operationId: string;
  readonly signal: AbortSignal;
  /** Milliseconds that a program may take. */
  readonly timeout: number;
  /** Milliseconds between the request to end and the end. */
  readonly grace: number;
  readonly log: Logger;
  /** Hears of the latest line of a program that runs. */
  told(line: string): void;
}

interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** Bytes of what a program writes to its standard output that are given back. */
const MAX_ANSWER = 1_048_576;
/** Milliseconds in which what is still in the pipes is read after the end. */
const REST = 1_000;
/**
 * Waits for a word before it becomes the program: the program begins only after it is on record, and where we die before that, it never
 * does. So no program runs that nobody knows of.
 */
const GATE = 'read -r go || exit 125; exec "$@" </dev/null';

/**
 * Runs a program in a process group of its own; resolves to what it has written to its standard output when it and all that it has started
 * are gone.
 * @throws CommandError when it fails, or takes too long
 * @throws CommandMissingError where there is no such program
 * @throws the signal's reason, when the program is gone
 */
export async function runCommand(command: Command, workshop: Workshop): Promise<string> {
  const { place, operationId, signal, timeout, grace, log } = workshop;
  signal.throwIfAborted();
  const env = { ...command.env, ...markOf(place, operationId) };
  const program = await programPath(command.program, env);
  signal.throwIfAborted();
  const output = new Output(command.secrets ?? [], workshop.told);
  const begun = performance.now();
  const child = launch(program, command.args, command.cwd ?? place.staging, env);
  const ended = endOf(child);
  const answer = listen(child, output, command);
  let stopped: { readonly reason: unknown } | undefined;
  let killing: NodeJS.Timeout | undefined;
  const stop = (reason: unknown) => {
    if (stopped !== undefined) return;
    stopped = { reason };
    signalGroup(child, 'SIGTERM');
    killing = setTimeout(() => signalGroup(child, 'SIGKILL'), grace);
  };
  const abort = () => stop(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  const late = setTimeout(() => stop(tooLate(command, output, timeout)), timeout);
  try {
    await record(child, command, workshop);
    child.stdin?.end('go\n');
  } catch (error) {
    stop(error);
  }
  let result: Ended;
  try {
    result = await ended;
  } finally {
    signal.removeEventListener('abort', abort);
    clearTimeout(late);
    clearTimeout(killing);
  }
  await takeAway(child, workshop, stopped !== undefined);
  await rest(child);
  await removeDurable(place.process);
  const ms = Math.round(performance.now() - begun);
  log.debug({ command: command.what, ...result, ms }, 'program ended');
  if (stopped !== undefined) throw stopped.reason;
  if (result.code !== 0) throw failure(command, output, result);
  const { text, whole } = answer();
  if (whole || command.maxAnswer === undefined) return text;
  throw new CommandError('unknown', `${command.what} said more than ${command.maxAnswer} bytes`, {
    details: { command: command.what, limit: 'maxAnswer' },
  });
}

function launch(
  program: string,
  args: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv,
): ChildProcess {
  if (process.platform === 'win32') {
    return spawn(program, args, { cwd, env, windowsHide: true, stdio: ['ignore', 'pipe', 'pipe'] });
  }
  return spawn('/bin/sh', ['-c', GATE, 'sh', program, ...args], { cwd, env, detached: true });
}

/** Rejects where it could not be begun. */
function endOf(child: ChildProcess): Promise<Ended> {
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve({ code, signal }));
  });
  // It is waited for later; until then nobody may take it for unheard.
  ended.catch(() => undefined);
  return ended;
}

function listen(
  child: ChildProcess,
  output: Output,
  { answers = false, maxAnswer = MAX_ANSWER }: Command,
): () => { readonly text: string; readonly whole: boolean } {
  const answer: Buffer[] = [];
  let size = 0;
  child.stdout?.on('data', (chunk: Buffer) => {
    if (size < maxAnswer) answer.push(chunk);
    size += chunk.length;
    if (!answers) output.add('out', chunk);
  });
  child.stderr?.on('data', (chunk: Buffer) => output.add('err', chunk));
  // A program that ends without reading breaks the pipe; its exit code says what matters.
  child.stdin?.on('error', () => undefined);
  return () => ({
    text: Buffer.concat(answer).subarray(0, maxAnswer).toString('utf8'),
    whole: size <= maxAnswer,
  });
}

async function record(child: ChildProcess, command: Command, workshop: Workshop): Promise<void> {
  if (child.pid === undefined) return;
  const leader = (await identityOf(child.pid)) ?? { pid: child.pid, began: null, boot: null };
  const { place, operationId } = workshop;
  const program: RunningProgram = { format: 1, operationId, command: command.what, leader };
  await writeDurably(place.process, program);
}

/** What the program has left running goes with it; where it was stopped, those that have left its group too. */
async function takeAway(
  child: ChildProcess,
  { place, operationId, grace }: Workshop,
  stopped: boolean,
): Promise<void> {
  if (child.pid === undefined || process.platform === 'win32') return;
  if (stopped) {
    const leader = { pid: child.pid, began: null, boot: null };
    await endFamily(place, operationId, leader, grace);
  } else if (exists(-child.pid)) {
    signalGroup(child, 'SIGKILL');
  }
}

/** A process that nobody could end may hold the pipes open; it is not waited for. */
function rest(child: ChildProcess): Promise<void> {
  return new Promise(resolve => {
    const open = [child.stdout, child.stderr].filter(
      stream => stream !== null && !stream.closed && !stream.readableEnded,
    );
    if (open.length === 0) return resolve();
    const enough = setTimeout(() => {
      for (const stream of open) stream?.destroy();
      resolve();
    }, REST);
    child.once('close', () => {
      clearTimeout(enough);
      resolve();
    });
  });
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  if (process.platform === 'win32') {
    spawn('taskkill', ['/pid', String(child.pid), '/T', '/F'], {
      windowsHide: true,
      stdio: 'ignore',
    }).on('error', () => child.kill());
    return;
  }
  try {
    process.kill(-child.pid, signal);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

async function programPath(program: string, env: NodeJS.ProcessEnv): Promise<string> {
  const folders = isAbsolute(program) ? [''] : (env.PATH ?? env.Path ?? '').split(delimiter);
  const endings = process.platform === 'win32' ? ['.exe', ''] : [''];
  for (const folder of folders) {
    for (const ending of endings) {
      const path = folder === '' ? program : join(folder, `${program}${ending}`);
      if (isAbsolute(path) && (await isExecutable(path))) return path;
    }
  }
  throw new CommandMissingError(program);
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}

function tooLate({ what }: Command, output: Output, timeout: number): CommandError {
  const details = { command: what, limit: 'commandTimeout', timeout, ...saidBy(output) };
  return new CommandError('timeout', `${what} took longer than ${timeout} ms`, { details });
}

function failure({ what }: Command, output: Output, { code, signal }: Ended): CommandError {
  const how = code === null ? `was ended by ${signal}` : `failed with exit code ${code}`;
  const said = saidBy(output);
  const words = tellingLine(said.lines);
  return new CommandError(
    troubleIn(said.output),
    `${what} ${how}${words === undefined ? '' : `: ${words}`}`,
    { details: { command: what, exitCode: code, signal, ...said } },
  );
}

function saidBy(output: Output): { readonly output: string; readonly lines: readonly string[] } {
  return { output: output.text, lines: output.lines };
}

/** The line that says most: the first of the last ones that calls itself an error. */
function tellingLine(lines: readonly string[]): string | undefined {
  const telling = /^(fatal|error|remote: error|npm (error|err!)|ssh)\b/i;
  const wordy = (line: string) =>
    telling.test(line) && !/^npm (error|err!) (code|errno|syscall|A complete log)/i.test(line);
  return lines.find(wordy) ?? lines.at(-1);
}
