/**
 * A program that is made to be killed: `worker-program.js <store> <journal> <life> <mode>`. It loads, waits for a byte on its standard
 * input, opens the store, resumes, and starts operations whose ids begin with its life. What happens outside of the store is
 * appended to the journal, one whole line a write, so that it outlives the process.
 *
 * Modes: `work` starts operations until it is killed; `suicide` and `late` start one of theirs; `finish` starts none and exits when nothing is
 * unfinished.
 */
import { once } from 'node:events';
import { openSync, writeSync } from 'node:fs';
import { SqlJsPersistence } from '../../adapters/sqljs/index.ts';
import { createRecovery } from '../../create-recovery.ts';
import type { OperationContext } from '../../services/ports.ts';
import { FixedDelayStrategy } from '../../services/strategies/index.ts';

const [path = '', journalPath = '', life = '', mode = ''] = process.argv.slice(2);
const journal = openSync(journalPath, 'a');
const note = (...words: readonly unknown[]) =>
  void writeSync(journal, `${[...words, Date.now()].join(' ')}\n`);

/** Operations that one life starts at most, and how many of them are at work at a time. */
const STARTS = 24;
const AT_A_TIME = 6;

const transient = () => Object.assign(new Error('reset by peer'), { code: 'ECONNRESET' });
const pause = (ms: number) => new Promise<void>(resolve => setTimeout(resolve, ms));

async function work(input: { readonly n: number }, op: OperationContext): Promise<number> {
  note('call', op.id, op.attempt);
  let sum = 0;
  for (const name of ['one', 'two', 'three'].slice(0, 2 + (input.n % 2))) {
    sum += await op.step(name, async () => {
      note('run', op.id, name);
      await pause(input.n % 5);
      return input.n;
    });
    note('done', op.id, name);
    if (name === 'one' && op.attempt === 1 && input.n % 3 === 0) throw transient();
  }
  return sum;
}

process.stdout.write('loaded\n');
await once(process.stdin, 'data');
process.stdin.destroy();

const recovery = await createRecovery({
  persistence: new SqlJsPersistence({ path, checkpointBytes: 65_536 }),
  strategy: new FixedDelayStrategy({ delay: 5 }),
  maxInterruptions: 1_000,
  env: {},
});
recovery.transitions$.subscribe(transition => {
  if (transition.kind === 'operation' && /success|failed|exhausted/.test(transition.to)) {
    note('ended', transition.operationId, transition.to);
  }
});
const working = recovery.operation('work', work, {
  maxRetries: 1_000,
  whenOpen: 'wait',
  breakerOptions: { threshold: 4, openTimeout: 20, probeTimeout: 200 },
});
const suicide = recovery.operation(
  'suicide',
  (_: undefined, op) => {
    note('call', op.id, op.attempt);
    process.kill(process.pid, 'SIGKILL');
    return new Promise<never>(() => {});
  },
  { maxInterruptions: 3, breaker: false },
);
const late = recovery.operation(
  'late',
  async (_: undefined, op) => {
    note('call', op.id, op.attempt);
    if (op.attempt === 1) throw transient();
  },
  { strategy: new FixedDelayStrategy({ delay: 3_000 }) },
);
await recovery.resume();
process.stdout.write('ready\n');

async function startSome(lane: number): Promise<void> {
  for (let n = lane; n < STARTS; n += AT_A_TIME) {
    const handle = await working.start({ n }, { id: `${life}-${n}` });
    note('ack', handle.id);
    await handle.result();
  }
}

if (mode === 'suicide') {
  await suicide.start(undefined, { id: `suicide-${life}` });
} else if (mode === 'late') {
  await late.start(undefined, { id: 'late' });
  note('ack', 'late');
} else if (mode === 'work') {
  if (Number(life) % 20 === 5) void suicide.start(undefined, { id: `suicide-${life}` });
  await Promise.all(Array.from({ length: AT_A_TIME }, (_, lane) => startSome(lane)));
}
if (mode === 'finish') {
  while (recovery.health().active > 0) await pause(5);
  await recovery.close();
} else setInterval(() => {}, 1_000);
