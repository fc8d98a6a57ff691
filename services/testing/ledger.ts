import { isDeepStrictEqual } from 'node:util';
import { toStrictJson } from '../json.ts';
import type {
  OperationContext,
  OperationWrite,
  Recovery,
  StatePersistence,
  StepRecord,
  Transition,
} from '../ports.ts';
import { historyProblems, positionProblems } from './history-rules.ts';
import { leafOf, type ModelSnapshot } from './operation-model.ts';
import type { Registration } from './outcomes.ts';
import type { ComingCall, ComingUndo, PathBed } from './path-bed.ts';

type Bed = Pick<PathBed<unknown>, 'disk' | 'store'>;

/** What was told to somebody, over all processes, to hold the store against. */
export class Ledger {
  /** Promises that were broken. */
  readonly problems: string[] = [];
  readonly #bed: Bed;
  readonly #told: Transition[] = [];
  /** What was read from the store in the life of the present process. */
  #seen: Transition[] = [];
  readonly #steps = new Map<string, string | null>();
  readonly #calls = new Set<string>();
  readonly #started = new Set<string>();

  constructor(bed: Bed) {
    this.#bed = bed;
  }

  /** Follows a process from its beginning. */
  follow(recovery: Recovery): void {
    // Another process looks at all of it anew.
    this.#seen = [];
    recovery.transitions$.subscribe(transition => {
      if (!this.#isDurable(transition)) {
        this.problems.push(`a transition of ${nameOf(transition)} was told before it was durable`);
      }
      this.#told.push(transition);
    });
  }

  #isDurable(told: Transition): boolean {
    return this.#bed.disk.commits.some(({ transitions }) =>
      transitions.some(
        written =>
          nameOf(written) === nameOf(told) && written.seq === told.seq && written.to === told.to,
      ),
    );
  }

  /** The last write of an operation that became durable. */
  written(id: string): OperationWrite | undefined {
    const { commits } = this.#bed.disk;
    for (let index = commits.length - 1; index >= 0; index--) {
      const write = commits[index]?.operations.find(operation => operation.id === id);
      if (write !== undefined) return write;
    }
    return undefined;
  }

  /** A caller was told that it is started. */
  started(id: string): void {
    this.#started.add(id);
    if (this.written(id) === undefined) {
      this.problems.push(`start() of "${id}" was answered before it was durable`);
    }
  }

  /** A caller was told how it ended. */
  ended(id: string): void {
    const state = this.written(id)?.state;
    if (!isFinal(state)) this.problems.push(`result() of "${id}" was told while it was ${state}`);
  }

  /** A function is about to be called. */
  called(coming: ComingCall): void {
    if (coming.kind === 'undo') {
      this.#undoCalled(coming);
      return;
    }
    const { op, kind } = coming;
    const { id, attempt, hedge } = op;
    const write = this.written(id);
    const leaf = kind === 'function' ? 'in_progress.running' : 'in_progress.falling_back';
    const stands = write && leafOf((write.snapshot as { readonly value: unknown }).value);
    if (stands !== leaf || write?.attempt !== attempt) {
      this.problems.push(
        `the ${kind} of "${id}" was called for attempt ${attempt} while ${stands ?? 'nothing'}, attempt ${write?.attempt ?? 0}, was durable`,
      );
    }
    if (kind === 'fallback') return;
    const call = `"${id}" was called twice for attempt ${attempt}`;
    const key = `${call}, ${hedge}`;
    if (this.#calls.has(key)) this.problems.push(call);
    this.#calls.add(key);
  }

  /** The undo that is called is the one that was registered last of those that are left, and its call is durable, and made once. */
  #undoCalled({ op }: ComingUndo): void {
    const { id, undo, attempt } = op;
    const write = this.written(id);
    const { value, context } = (write?.snapshot ?? {}) as Partial<ModelSnapshot>;
    const { left = [], failures = 0, interruptions = 0 } = context?.undos ?? {};
    const leaf = value === undefined ? 'nothing' : leafOf(value);
    const next = left.at(-1)?.name;
    const call = failures + interruptions + 1;
    if (leaf !== 'in_progress.undoing' || next !== undo || call !== attempt) {
      this.problems.push(
        `undo "${undo}" of "${id}" was called, call ${attempt}, while ${leaf}, undo "${next}", call ${call}, was durable`,
      );
    }
    const key = `undo of "${id}", transition ${write?.seq}`;
    if (this.#calls.has(key)) this.problems.push(`undo "${undo}" of "${id}" was called twice`);
    this.#calls.add(key);
  }

  /** A function was told that what it has registered is durable. */
  registered(id: string, { name, input }: Registration): void {
    const { context } = (this.written(id)?.snapshot ?? {}) as Partial<ModelSnapshot>;
    const left = context?.undos?.left ?? [];
    if (left.some(one => one.name === name && one.input === input)) return;
    this.problems.push(`undo "${name}" of "${id}" was registered before that was durable`);
  }

  /** The same context, whose steps and undos are looked after. */
  watched(op: OperationContext): OperationContext {
    const onUndo = async (name: string, input?: unknown): Promise<void> => {
      await op.onUndo(name, input);
      this.registered(op.id, { name, input: toStrictJson(input, 'the input of an undo') });
    };
    const step = async <T>(name: string, fn: () => T | PromiseLike<T>): Promise<T> => {
      const result = await op.step(name, () => {
        if (this.#stored(op.id, name) !== undefined) {
          this.problems.push(`step "${name}" of "${op.id}" ran again`);
        }
        return fn();
      });
      const stored = this.#stored(op.id, name);
      if (stored === undefined) {
        this.problems.push(`step "${name}" of "${op.id}" was told before it was durable`);
      } else this.#steps.set(JSON.stringify([op.id, name]), stored.result);
      return result;
    };
    return new Proxy(op, {
      get(target, member) {
        if (member === 'step') return step;
        if (member === 'onUndo') return onUndo;
        const value: unknown = Reflect.get(target, member, target);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  }

  #stored(id: string, name: string): StepRecord | undefined {
    return this.#bed.disk.commits
      .flatMap(({ steps }) => steps)
      .find(step => step.operationId === id && step.name === name);
  }

  /** Looks into the store: whether everything that was told is there, and whether its histories are whole. */
  async check(): Promise<readonly string[]> {
    const { store } = this.#bed;
    const { length } = this.#seen;
    this.#seen.push(...(await transitionsSince(store, length)));
    const transitions = this.#seen;
    const problems = [...this.problems.splice(0)];
    if (length === transitions.length && length > 0) return problems;
    problems.push(...positionProblems(transitions), ...historyProblems(transitions));
    for (const told of this.#told) {
      const kept = transitions[told.position - 1];
      if (!isDeepStrictEqual(kept, told)) {
        problems.push(`transition ${told.position} of ${nameOf(told)} was told and is lost`);
      }
    }
    for (const id of this.#started) {
      if ((await store.find(id)) === undefined) problems.push(`"${id}" was started and is lost`);
    }
    for (const [key, result] of this.#steps) {
      const [id, name] = JSON.parse(key) as [string, string];
      const kept = (await store.steps(id)).find(step => step.name === name);
      if (kept?.result !== result) problems.push(`step "${name}" of "${id}" was told and is lost`);
    }
    return problems;
  }
}

const isFinal = (state: string | undefined): boolean =>
  state === 'success' || state === 'failed' || state === 'exhausted';

const nameOf = (
  transition:
    | { readonly kind: 'operation'; readonly operationId: string }
    | { readonly kind: 'breaker'; readonly key: string },
): string =>
  transition.kind === 'operation'
    ? `operation "${transition.operationId}"`
    : `breaker "${transition.key}"`;

const PAGE = 10_000;

/** Where positions have no gaps, so many transitions have so many positions. */
async function transitionsSince(store: StatePersistence, since: number): Promise<Transition[]> {
  const all: Transition[] = [];
  for (;;) {
    const page = await store.transitions({ since: since + all.length, limit: PAGE });
    all.push(...page);
    if (page.length < PAGE) return all;
  }
}
