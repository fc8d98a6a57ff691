import type { CommitBatch, OperationTransition, Transition } from '../../../services/ports.ts';
import { wrongArrow } from './arrows.ts';
import { type Ledger, ownerOf } from './ledger.ts';

/** What a stored snapshot says that the checks look at. */
export interface StoredContext {
  readonly value: unknown;
  readonly context: {
    readonly attempt: number;
    readonly policy: {
      readonly maxRetries: number;
      readonly maxInterruptions: number;
      readonly byCategory?: Readonly<Record<string, number>>;
      readonly lock?: string;
      readonly limited?: true;
      readonly undoRetries?: number;
    };
    readonly held?: object | null;
    /** Set while its fallback stands in, and while it takes back. */
    readonly ending?: { readonly withoutLock?: true } | null;
    readonly undos?: {
      readonly left: readonly { readonly name: string; readonly input: string | null }[];
      readonly failures: number;
      readonly interruptions: number;
      readonly done: number;
      readonly failed: readonly { readonly name: string }[];
    } | null;
    /** Lives of it that have ended with undos. */
    readonly undone?: number;
    readonly last: { readonly seq: number };
  };
}
export const storedContext = (snapshot: unknown): StoredContext => snapshot as StoredContext;

/** What an operation has used since its start, or since an operator has begun it again. */
interface Used {
  attempt: number;
  attempts: number;
  retries: number;
  interruptions: number;
  suspensions: number;
}

/** Holds each transition that becomes durable against the charts and the limits. */
export class Histories {
  readonly #ledger: Ledger;
  readonly #wrong: (what: string) => void;
  readonly #used = new Map<string, Used>();

  constructor(ledger: Ledger, wrong: (what: string) => void) {
    this.#ledger = ledger;
    this.#wrong = wrong;
  }

  /** Before the ledger has the batch: what it is held against is what was there. */
  beforeCommit(batch: CommitBatch): void {
    const ids = batch.operations.map(({ id }) => id);
    if (new Set(ids).size !== ids.length) this.#wrong('one commit writes an operation twice');
    for (const { operationId, name } of batch.steps) {
      if (this.#ledger.step(operationId, name))
        this.#wrong(`step ${operationId} ${name} is stored twice`);
    }
  }

  /** The ledger has them by now. */
  afterCommit(batch: CommitBatch, added: readonly Transition[]): void {
    for (const [index, transition] of added.entries()) {
      const place = added[index - 1]?.position ?? transition.position - 1;
      if (transition.position !== place + 1)
        this.#wrong(`position ${transition.position} follows ${place}`);
      const history = this.#ledger.histories.get(ownerOf(transition)) ?? [];
      const before = history[history.indexOf(transition) - 1];
      const problem = wrongArrow(before, transition);
      if (problem) this.#wrong(`${ownerOf(transition)}: ${problem}`);
      if (transition.kind === 'operation') this.#count(transition);
    }
    for (const { id, state, seq, attempt, snapshot } of batch.operations) {
      const last = this.#ledger.history(id).at(-1) as OperationTransition | undefined;
      const told = `${last?.to} ${last?.seq} ${last?.attempt}`;
      const stored = `${state} ${seq} ${attempt}`;
      if (told !== stored) this.#wrong(`${id}: its row says ${stored}, its history ${told}`);
      this.#limits(id, storedContext(snapshot));
    }
  }

  #count({ operationId, event, to, attempt, reason }: OperationTransition): void {
    const none = { attempt: 0, attempts: 0, retries: 0, interruptions: 0, suspensions: 0 };
    const known = this.#used.get(operationId) ?? none;
    const used = event === 'retry' ? { ...none, attempt: known.attempt } : known;
    this.#used.set(operationId, used);
    const begun = attempt - used.attempt;
    if (begun !== 0 && !(begun === 1 && (event === 'start' || event === 'due'))) {
      this.#wrong(`${operationId}: attempt ${attempt} comes after ${used.attempt}, by ${event}`);
    }
    used.attempt = attempt;
    used.attempts += begun;
    // What is taken back is counted for itself.
    if (to !== 'recovering' || reason?.kind === 'undo' || event.startsWith('undo.')) return;
    if (event === 'attempt.failed') used.retries++;
    if (/interrupted$/.test(event)) used.interruptions++;
    if (/suspended$/.test(event)) used.suspensions++;
  }

  #limits(id: string, { context }: StoredContext): void {
    const used = this.#used.get(id);
    if (used === undefined) return;
    const { maxRetries, maxInterruptions, byCategory = {} } = context.policy;
    const most = Object.values(byCategory).reduce((sum, own) => sum + own, maxRetries);
    const { retries, interruptions, suspensions, attempts } = used;
    if (retries > most) this.#wrong(`${id}: ${retries} retries of ${most}`);
    if (interruptions > maxInterruptions) this.#wrong(`${id}: ${interruptions} interruptions`);
    if (attempts > 1 + retries + interruptions + suspensions) {
      this.#wrong(`${id}: ${attempts} attempts after ${retries} retries`);
    }
  }
}
