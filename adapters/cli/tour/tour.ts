import type { CliDependencies } from '../dependencies.ts';
import { ExitCode } from '../exit-code.ts';
import { formatDuration, formatTable } from '../format.ts';
import { Interrupts } from '../interrupts.ts';
import { type Io, print, warn } from '../terminal-io.ts';
import { breakerScene } from './breaker-scene.ts';
import { endings } from './endings.ts';
import { killScene } from './kill-scene.ts';
import { Narrator } from './narrator.ts';
import { Stage } from './stage.ts';

/** Shows everything on a local server that misbehaves; succeeds only if all that it says is so. */
export async function tourCommand(deps: CliDependencies, io: Io): Promise<ExitCode> {
  const began = Date.now();
  const stop = new AbortController();
  const interrupts = new Interrupts(() => stop.abort());
  const narrator = new Narrator(line => print(io, line));
  const stage = await Stage.build(deps, narrator, stop.signal);
  print(io, 'A tour of operations that recover. Each ✔ was checked just now, in this process.');
  try {
    await endings(stage);
    await breakerScene(stage);
    await killScene(stage);
    await theStore(stage);
  } catch (error) {
    if (!interrupts.interrupted) throw error;
  } finally {
    await stage.strike();
    interrupts.release();
  }
  if (interrupts.interrupted) return ExitCode.INTERRUPTED;
  return conclude(io, narrator, deps.invocation, Date.now() - began);
}

async function theStore(stage: Stage): Promise<void> {
  const { narrator } = stage;
  narrator.scene('the store: what any later process finds');
  // Opened anew, so that nothing is told from memory.
  await stage.closeStore();
  const { recovery } = await stage.openStore();
  const { items } = await recovery.list({ order: 'oldest' });
  const rows = items.map(({ id, state, attempt }) => [id, state, `${attempt}`]);
  for (const line of formatTable([['ID', 'STATE', 'ATTEMPTS'], ...rows]).split('\n')) {
    narrator.say(line);
  }
  const states = items.map(({ state }) => state).join(' ');
  narrator.claim(
    'all 7 operations are there, each in the final state that was shown',
    states === 'success failed exhausted failed success success success',
  );
}

function conclude(io: Io, narrator: Narrator, invocation: string, took: number): ExitCode {
  const { claims, broken } = narrator;
  print(io, '');
  if (broken.length > 0) {
    for (const claim of broken) warn(io, `not so: ${claim}`);
    warn(io, `error: ${broken.length} of ${claims} claims did not hold`);
    return ExitCode.FAILED;
  }
  print(io, `All ${claims} claims held, in ${formatDuration(took)}. Now a file of your own:`);
  print(
    io,
    `  ${invocation} download <url> <file>     stop it with Ctrl-C or kill -9, and repeat it`,
  );
  print(
    io,
    `  ${invocation} list                      what was done, and ${'`show <id>`'} how it went`,
  );
  return ExitCode.SUCCESS;
}
