#!/usr/bin/env node
/** The program: the command line in a process of its own. */
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { quoteArgument } from './adapters/cli/format.ts';
import { runCli } from './adapters/cli/program.ts';
import { cliDependencies } from './cli-dependencies.ts';

const self = fileURLToPath(import.meta.url);

// A command asks little of SQLite: optimized machine code for it would come too late, and take as much memory as all the rest. A server asks much.
const knowsFlag = Number.parseInt(process.versions.node, 10) <= 24; // V8 complains of one that it does not know
if (knowsFlag && process.argv[2] !== 'serve') {
  setFlagsFromString('--wasm-tiering-budget=2147483647');
}

/** The words that call this program again in the same way. */
function invocation(): string {
  const { npm_command: command, npm_lifecycle_event: script } = process.env;
  if (command === 'exec') return 'npx xstate-recovery';
  if (script === 'start') return 'npm start --';
  // Through the link that an installation makes it has the package's name, not the file's.
  const called = process.argv[1] ?? self;
  if (!called.endsWith('bin.js')) return 'xstate-recovery';
  const path = relative(process.cwd(), called);
  return `node ${quoteArgument(path.startsWith('..') ? called : path)}`;
}

// A reader that has seen enough, such as `head`, is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

const dependencies = cliDependencies({
  invocation: invocation(),
  self: [process.execPath, ...process.execArgv, self],
});
process.exitCode = await runCli(process.argv.slice(2), dependencies, {
  out: process.stdout,
  err: process.stderr,
  debug: Boolean(process.env.DEBUG),
});
