import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FaultyServer } from '../../adapters/cli/tour/faulty-server.ts';
import { cliProgram } from './programs.ts';

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
  /** Starts a command. */
  start(...args: string[]): Cli;
  /** Runs a command to its end. */
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
    try {
      await run({ server, folder, env, start, run: (...args) => start(...args).finished });
    } finally {
      for (const { child } of running) child.kill('SIGKILL');
      await Promise.all(running.map(cli => cli.finished));
      await server.close();
      await rm(folder, { recursive: true, force: true });
    }
  };
}

function launch(cwd: string, args: readonly string[], added: NodeJS.ProcessEnv): Cli {
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(RECOVERY_|DEBUG$|npm_)/.test(name)),
  );
  const child = spawn(process.execPath, [cliProgram, ...args], {
    cwd,
    env: { ...env, ...added },
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
