import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCli } from '../../adapters/cli/program.ts';
import { FaultyServer } from '../../adapters/cli/tour/faulty-server.ts';
import { cliDependencies } from '../../cli-dependencies.ts';
import { cliProgram, SHORT_LIFE } from './programs.ts';
import { Sink } from './sink.ts';

/** What nobody has set for the tests. */
const ordinary = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^(RECOVERY_|DEBUG$|npm_)/.test(name)),
);
/** A command that takes longer has hung. */
const PATIENCE = 60_000;

export interface Finished {
  /** Exit code, or the signal that ended it. */
  readonly exit: number | string | null;
  readonly out: string;
  readonly err: string;
}

export interface Cli {
  readonly child: ChildProcess;
  /** What it has printed so far. */
  out(): string;
  /** What it has complained about so far. */
  err(): string;
  readonly finished: Promise<Finished>;
}

export interface CliPlace {
  readonly server: FaultyServer;
  /** The working folder of every command; `recovery.db` in it is the default store. */
  readonly folder: string;
  /** Added to the environment of every command. */
  readonly env: Record<string, string>;
  /** Starts a command in a process of its own. */
  start(...args: string[]): Cli;
  /** Runs a command to its end in this process, which is much quicker. */
  run(...args: string[]): Promise<Finished>;
}

/** Runs a test with a server, an empty folder and the real program, and takes everything away. */
export function withCli(run: (place: CliPlace) => Promise<void>): () => Promise<void> {
  return async () => {
    const server = await FaultyServer.listen();
    const folder = await mkdtemp(join(tmpdir(), 'cli-'));
    const running: Cli[] = [];
    const env: Record<string, string> = {};
    const start = (...args: string[]) => {
      const cli = launch(folder, args, env);
      running.push(cli);
      return cli;
    };
    const before = enter(folder);
    try {
      await run({ server, folder, env, start, run: (...args) => inThisProcess(args, env) });
    } finally {
      before.restore();
      for (const { child } of running) child.kill('SIGKILL');
      await Promise.all(running.map(cli => cli.finished));
      await server.close();
      await rm(folder, { recursive: true, force: true });
    }
  };
}

/** This process stands where a command does. */
function enter(folder: string): { restore(): void } {
  const [cwd, env] = [process.cwd(), process.env];
  process.chdir(folder);
  return {
    restore() {
      process.chdir(cwd);
      process.env = env;
    },
  };
}

/** The same that `bin.ts` does. */
async function inThisProcess(args: readonly string[], added: NodeJS.ProcessEnv): Promise<Finished> {
  process.env = { ...ordinary, ...added };
  const [out, err] = [new Sink(), new Sink()];
  const dependencies = cliDependencies({
    invocation: 'xstate-recovery',
    self: [process.execPath, cliProgram],
  });
  const exit = await runCli(args, dependencies, { out, err, debug: false });
  return { exit, out: out.text, err: err.text };
}

function launch(cwd: string, args: readonly string[], added: NodeJS.ProcessEnv): Cli {
  const child = spawn(process.execPath, [...SHORT_LIFE, cliProgram, ...args], {
    cwd,
    env: { ...ordinary, ...added },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: PATIENCE,
    killSignal: 'SIGKILL',
  });
  let out = '';
  let err = '';
  child.stdout.on('data', chunk => {
    out += chunk;
  });
  child.stderr.on('data', chunk => {
    err += chunk;
  });
  const finished = once(child, 'close').then(([code, signal]) => ({
    exit: (code ?? signal) as number | string | null,
    out,
    err,
  }));
  return { child, out: () => out, err: () => err, finished };
}

/** Resolves when a condition holds; a test that waits in vain ends with its suite's time-out. */
export async function until(reached: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await reached())) await new Promise(resolve => setTimeout(resolve, 10));
}

export interface ServingCli extends Cli {
  readonly url: string;
}

/** Starts a server on the default store, and waits for the address that it prints. @param port 0 picks a free one */
export async function serving({ start }: CliPlace, port = 0): Promise<ServingCli> {
  const cli = start('serve', '--port', String(port));
  let ended = false;
  void cli.finished.then(() => {
    ended = true;
  });
  await until(() => ended || cli.out().includes('\n'));
  return Object.assign(cli, { url: cli.out().split('\n', 1)[0] as string });
}

/** Ends a server; the next one on that port finds the store as a crash leaves it. */
export async function killed(cli: Cli, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
  cli.child.kill(signal);
  await cli.finished;
}
