/**
 * A program that is killed while it takes things back: `undo-program.js <store> <journal> <life> <mode>`. What happens outside of the store is appended to the journal,
 * one whole line a write, so that it outlives the process. It is loaded and begun like `worker-program.ts`.
 *
 * Modes: `amid` dies in the first call of its second undo; `between` dies when an undo is registered and before its effect; `finish` goes on with what is there.
 */
import { once } from 'node:events';
import { openSync, writeSync } from 'node:fs';
import { SqlJsPersistence } from '../../adapters/sqljs/index.ts';
import { createRecovery } from '../../create-recovery.ts';
import { ValidationError } from '../../services/errors.ts';
import type { OperationContext, UndoContext } from '../../services/ports.ts';
import { FixedDelayStrategy } from '../../services/strategies/index.ts';

const [path = '', journalPath = '', , mode = ''] = process.argv.slice(2);
const journal = openSync(journalPath, 'a');
const note = (...words: readonly unknown[]) =>
  void writeSync(journal, `${[...words, Date.now()].join(' ')}\n`);
const die = () => process.kill(process.pid, 'SIGKILL');

async function work(_: undefined, op: OperationContext): Promise<never> {
  for (const thing of ['a', 'b', 'c']) {
    await op.onUndo('remove', thing);
    if (mode === 'between' && thing === 'c') {
      die();
      await new Promise(() => {});
    }
    note('made', op.id, thing);
  }
  throw new ValidationError('no good');
}

async function remove(thing: unknown, { id, attempt }: UndoContext): Promise<void> {
  note('undo', id, thing);
  if (mode === 'amid' && thing === 'b' && attempt === 1) {
    die();
    await new Promise(() => {});
  }
  note('undone', id, thing);
}

process.stdout.write('loaded\n');
await once(process.stdin, 'data');
process.stdin.destroy();

const recovery = await createRecovery({
  persistence: new SqlJsPersistence({ path }),
  strategy: new FixedDelayStrategy({ delay: 5 }),
  env: {},
});
const working = recovery.operation('work', work, { undo: { remove }, breaker: false });
await recovery.resume();
process.stdout.write('ready\n');
if (mode === 'finish') {
  const handle = await recovery.get('x');
  await handle?.cancel('it is left');
  await handle?.result().catch(() => {});
  await recovery.close();
} else await working.run(undefined, { id: 'x' });
