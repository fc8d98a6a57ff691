import { SqlJsPersistence } from '../adapters/sqljs/index.ts';
import { createRecovery, FixedDelayStrategy } from '../index.ts';
import type {
  OperationRecord,
  OperationTransition,
  OperationWrite,
  Recovery,
  StatePersistence,
  TransitionWrite,
} from '../services/ports.ts';

/** How many operations of each kind a store is to hold. */
export interface Amounts {
  readonly finished: number;
  /** Waiting for a retry in a day. */
  readonly waiting: number;
  /** Amid an attempt. */
  readonly running: number;
}

/** What is written for one operation, with another id in the place of this one's. */
interface Template {
  readonly id: string;
  readonly text: string;
}

const BATCH = 2_000;
const DAY = 24 * 60 * 60 * 1000;
/** Names of the generated operations. */
export const names = { finished: 'finished', waiting: 'waiting', running: 'running' } as const;

/** Defines the operations that a generated store holds. None of them ends by itself, but for the finished. */
export function define(recovery: Recovery) {
  return {
    finished: recovery.operation(names.finished, async (x: number) => x),
    waiting: recovery.operation(
      names.waiting,
      async (_: number) => {
        throw Object.assign(new Error('connection reset'), { code: 'ECONNRESET' });
      },
      { strategy: new FixedDelayStrategy({ delay: DAY }), breaker: false },
    ),
    running: recovery.operation(names.running, (_: number, op) => aborted(op.signal)),
  };
}

const aborted = (signal: AbortSignal) =>
  new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });

/**
 * Fills a new store through the port with operations as the runtime writes them: one of each kind really runs, the others are
 * copies of what it left. The finished ones are in the image, as in a store with a past; the others are in the redo.
 * Leaves the store open, so that a caller may close it or die with it.
 */
export async function generateStore(path: string, amounts: Amounts): Promise<SqlJsPersistence> {
  const templates = await observe(`${path}.template`);
  const past = await opened(path);
  await copies(past, templates.finished, 'finished', amounts.finished);
  await past.close();
  const present = await opened(path);
  await copies(present, templates.waiting, 'waiting', amounts.waiting);
  await copies(present, templates.running, 'running', amounts.running);
  return present;
}

async function opened(path: string): Promise<SqlJsPersistence> {
  const persistence = new SqlJsPersistence({ path });
  await persistence.open();
  return persistence;
}

async function copies(
  persistence: StatePersistence,
  template: Template,
  kind: keyof Amounts,
  amount: number,
): Promise<void> {
  for (let first = 0; first < amount; first += BATCH) {
    await copy(persistence, template, kind, first, Math.min(BATCH, amount - first));
  }
}

async function observe(path: string): Promise<Record<keyof Amounts, Template>> {
  const persistence = new SqlJsPersistence({ path });
  const recovery = await createRecovery({ persistence, drainTimeout: 0 });
  const definitions = define(recovery);
  await definitions.finished.run(1);
  const templates = {
    finished: await template(persistence, (await first(recovery, 'success')) ?? ''),
    waiting: await template(persistence, (await definitions.waiting.start(1)).id, 'recovering'),
    running: await template(persistence, (await definitions.running.start(1)).id, 'in_progress'),
  };
  await recovery.close();
  return templates;
}

const first = async (recovery: Recovery, state: OperationRecord['state']) =>
  (await recovery.list({ states: [state] })).items[0]?.id;

async function template(
  persistence: StatePersistence,
  id: string,
  state: OperationRecord['state'] = 'success',
): Promise<Template> {
  for (let tries = 0; tries < 200; tries++) {
    const operation = await persistence.find(id);
    if (operation?.state === state) {
      const transitions = await persistence.transitions({ operationId: id });
      return { id, text: JSON.stringify({ operation, transitions }) };
    }
    await new Promise(resolve => setTimeout(resolve, 10));
  }
  throw new RangeError(`the operation ${id} did not become ${state}`);
}

async function copy(
  persistence: StatePersistence,
  { id, text }: Template,
  kind: keyof Amounts,
  from: number,
  count: number,
): Promise<void> {
  const operations: OperationWrite[] = [];
  const transitions: TransitionWrite[] = [];
  for (let index = from; index < from + count; index++) {
    // As long as the UUID that it stands in for.
    const own = `${kind}-${String(index).padStart(id.length - kind.length - 1, '0')}`;
    const copied = JSON.parse(text.replaceAll(id, own)) as {
      readonly operation: OperationWrite;
      readonly transitions: readonly OperationTransition[];
    };
    operations.push(copied.operation);
    for (const { position: _, ...transition } of copied.transitions) transitions.push(transition);
  }
  await persistence.commit({ operations, steps: [], transitions, breakers: [] });
}
