import { isDeepStrictEqual } from 'node:util';
import type {
  OperationContext,
  OperationDefinition,
  UndoContext,
} from '../../../services/ports.ts';
import { deferred, permanent, transient } from '../../services/runtime/support/functions.ts';
import { storedContext } from './histories.ts';
import type { Ledger } from './ledger.ts';
import { type Act, CHILD_PLANS, type Plan, type Undo } from './plans.ts';
import type { UndoWatch } from './undo-watch.ts';
import type { WalkClock } from './walk-clock.ts';

/** A call of a function that is at work, as far as anybody can tell from outside. */
interface Call {
  readonly op: OperationContext | UndoContext;
  readonly kind: 'attempt' | 'fallback' | 'undo';
  readonly lock: string | undefined;
  /** Children that it waits for. */
  children: number;
}

export interface CallsParts {
  readonly clock: WalkClock;
  readonly ledger: Ledger;
  readonly undos: UndoWatch;
  readonly wrong: (what: string) => void;
  /** Nothing goes wrong any more. */
  readonly calm: () => boolean;
}

const busy = () =>
  Object.assign(new Error('busy'), { status: 429, headers: { 'retry-after': '1' } });

/** The functions of one process: they do what their plans say, and note what must never happen. */
export class Calls {
  readonly #parts: CallsParts;
  readonly #atWork = new Set<Call>();
  /** Calls of all processes, since none is made twice. */
  readonly #made: Set<string>;
  /** Attempts that have asked for children. */
  readonly #parents = new Set<string>();
  alive = true;
  part!: OperationDefinition<Plan, number>;
  /** Operations that may be in progress at once, of a definition and of the whole. */
  limitOf: (name: string) => number = () => Number.POSITIVE_INFINITY;
  limit = Number.POSITIVE_INFINITY;

  constructor(parts: CallsParts, made: Set<string>) {
    this.#parts = parts;
    this.#made = made;
  }

  /** Operations whose functions wait for children. */
  get lent(): ReadonlySet<string> {
    return new Set([...this.#working()].filter(call => call.children > 0).map(({ op }) => op.id));
  }

  *#working(): Iterable<Call> {
    for (const call of this.#atWork) if (!call.op.signal.aborted) yield call;
  }

  readonly run = (plan: Plan, op: OperationContext): Promise<number> => {
    const acts = plan.tries[(op.attempt - 1 + op.hedge) % plan.tries.length] ?? [];
    return this.#call(op, 'attempt', acts);
  };

  readonly standIn = (_: unknown, op: OperationContext): Promise<number> => {
    const { args = null } = this.#parts.ledger.rows.get(op.id) ?? {};
    const { fallback } = JSON.parse(args ?? '{"fallback":[]}') as Plan;
    return this.#call(op, 'fallback', fallback);
  };

  readonly takeBack = async (given: unknown, op: UndoContext): Promise<void> => {
    if (!this.alive) return deferred().promise;
    const { tries } = given as Undo;
    const lock = this.#parts.undos.called(op, given);
    const call: Call = { op, kind: 'undo', lock, children: 0 };
    this.#alone(call);
    this.#atWork.add(call);
    try {
      for (const act of tries[(op.attempt - 1) % tries.length] ?? []) await this.#simple(op, act);
    } finally {
      this.#atWork.delete(call);
    }
  };

  /** Nothing else of its operation is at work, nor of its children, nor of others that need its lock. */
  #alone({ op, lock }: Call): void {
    const { wrong } = this.#parts;
    for (const other of this.#working()) {
      const { id } = other.op;
      const what = `an undo of ${op.id} is called while ${other.kind} ${other.op.attempt} of ${id}`;
      if (id === op.id) wrong(`${what} is at work`);
      if (id.startsWith(`${op.id}/`) && other.kind !== 'undo') wrong(`${what} is at work`);
      const isRival = lock !== undefined && other.lock === lock && other.kind !== 'fallback';
      if (id !== op.id && isRival) wrong(`${what} has the lock ${lock}`);
    }
  }

  async #call(
    op: OperationContext,
    kind: 'attempt' | 'fallback',
    acts: readonly Act[],
  ): Promise<number> {
    if (!this.alive) return deferred<number>().promise;
    const call = this.#begin(op, kind);
    this.#atWork.add(call);
    let sum = op.attempt;
    try {
      for (const act of acts) sum += await this.#act(op, call, act);
      return sum;
    } finally {
      this.#atWork.delete(call);
    }
  }

  /** The call must be one that may be. */
  #begin(op: OperationContext, kind: 'attempt' | 'fallback'): Call {
    const { ledger, wrong } = this.#parts;
    const what = `${op.id}: ${kind} ${op.attempt}.${op.hedge}`;
    const row = ledger.rows.get(op.id);
    const { value, context } = storedContext(row?.snapshot ?? { context: { policy: {} } });
    const leaf = kind === 'attempt' ? 'running' : 'falling_back';
    if (!isDeepStrictEqual(value, { in_progress: leaf }) || row?.attempt !== op.attempt) {
      wrong(
        `${what} is called, and durable is ${JSON.stringify(value)} of attempt ${row?.attempt}`,
      );
    }
    if (kind === 'attempt') {
      if (this.#made.has(what)) wrong(`${what} is called twice`);
      this.#made.add(what);
    }
    const { lock } = context.policy;
    const call: Call = { op, kind, lock, children: 0 };
    if (kind === 'attempt') this.#holdAgainstOthers(op, lock, what);
    return call;
  }

  #holdAgainstOthers(op: OperationContext, lock: string | undefined, what: string): void {
    const { wrong } = this.#parts;
    const all = [...this.#working()].filter(
      call => call.op.id !== op.id && call.kind !== 'fallback',
    );
    const rival = all.find(call => lock !== undefined && call.lock === lock);
    // An undo needs no slot.
    const others = all.filter(call => call.kind === 'attempt');
    if (rival) wrong(`${what} is called while ${rival.op.id} has the lock ${lock}`);
    // A second call needs no slot of its own.
    if (op.hedge === 1) return;
    // A function that goes on after its child may be one more than the limit says.
    const { lent } = this;
    const counted = others.filter(
      call => !lent.has(call.op.id) && !this.#parents.has(attemptOf(call.op)),
    );
    const inProgress = new Set(counted.map(call => call.op.id)).size;
    const ofName = new Set(
      counted.filter(call => call.op.name === op.name).map(call => call.op.id),
    );
    if (inProgress >= this.limit) wrong(`${what} is one more than ${this.limit} at once`);
    if (ofName.size >= this.limitOf(op.name))
      wrong(`${what} is one more of its definition than may`);
  }

  async #act(op: OperationContext, call: Call, act: Act): Promise<number> {
    switch (act.do) {
      case 'progress':
        op.progress(1);
        return 0;
      case 'step':
        return this.#step(op, act);
      case 'child':
        return this.#child(op, call, act.key, CHILD_PLANS[act.plan] as Plan);
      case 'undo':
        return this.#register(op, act);
      default:
        await this.#simple(op, act);
        return 0;
    }
  }

  /** What undos do, too. */
  async #simple(op: OperationContext | UndoContext, act: Act): Promise<void> {
    if (act.do === 'wait') await this.#pass(act.ms);
    if (this.#parts.calm()) return;
    if (act.do === 'hang') await hang(op, act.heeds);
    if (act.do === 'fail') throw { reset: transient, denied: permanent, busy }[act.how]();
  }

  async #register(op: OperationContext, { name, key, tries }: Undo): Promise<number> {
    const input = { key, tries };
    await op.onUndo(name, input);
    if (!this.alive) return deferred<number>().promise;
    this.#parts.undos.registered(op.id, name, input);
    return 0;
  }

  #pass(ms: number): Promise<void> {
    const { promise, resolve } = deferred();
    this.#parts.clock.awake.setTimeout(resolve, ms);
    return promise;
  }

  async #step(op: OperationContext, act: Extract<Act, { do: 'step' }>): Promise<number> {
    const { ledger, wrong, calm } = this.#parts;
    const what = `step ${op.id} ${act.name}`;
    const result = await op.step(act.name, async () => {
      if (this.alive && ledger.step(op.id, act.name)) wrong(`${what} runs again`);
      await this.#pass(act.ms);
      if (act.fails && !calm()) throw transient();
      return op.attempt * 100 + act.ms;
    });
    if (!this.alive) return deferred<number>().promise;
    const stored = ledger.step(op.id, act.name)?.result;
    if (stored !== JSON.stringify(result))
      wrong(`${what} gave ${result}, and ${stored} is durable`);
    return result;
  }

  async #child(op: OperationContext, call: Call, key: string, plan: Plan): Promise<number> {
    // A part has no parts: they would never end.
    if (op.name === 'part') return 0;
    call.children++;
    this.#parents.add(attemptOf(op));
    try {
      return await op.child(this.part, plan, { key });
    } finally {
      call.children--;
    }
  }
}

const attemptOf = ({ id, attempt }: Call['op']): string => `${id} ${attempt}`;

/** Until it is told to stop, or for ever. */
function hang(op: Call['op'], heeds: boolean): Promise<void> {
  const { promise, reject } = deferred();
  if (heeds && op.signal.aborted) reject(op.signal.reason);
  if (heeds) op.signal.addEventListener('abort', () => reject(op.signal.reason));
  return promise;
}
