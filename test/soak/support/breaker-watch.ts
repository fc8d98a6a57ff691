import type {
  BreakerTransition,
  OperationTransition,
  Transition,
} from '../../../services/ports.ts';
import { RATES } from './catalogue.ts';
import type { Ledger } from './ledger.ts';
import type { WalkClock } from './walk-clock.ts';

/** Permits of a half-open phase, and for how long they are lent, by key; what is not named has one, for five seconds. */
const PROBES: Readonly<Record<string, { permits: number; lease: number }>> = {
  plain: { permits: 1, lease: 1_200 },
  'host p1': { permits: 2, lease: 800 },
  'host p2': { permits: 2, lease: 800 },
  hedged: { permits: 3, lease: 900 },
};
const ONE = { permits: 1, lease: 5_000 };

type Operation = OperationTransition;

interface Watched {
  state: Transition['to'];
  openUntil: number | undefined;
  /** Permits that were granted in this half-open phase and have not come back: operation to instant. */
  readonly out: Map<string, number>;
  /** Permits of this phase that came back in time with an outcome that counts. */
  spent: number;
  /** When the rate lets the next one through at the earliest, by the burst. */
  arrival: number;
}

/** Holds what operations were granted against what their breakers were at that moment, and against rates. */
export class BreakerWatch {
  readonly #ledger: Ledger;
  readonly #wrong: (what: string) => void;
  readonly #clock: Pick<WalkClock, 'now' | 'setBacks'>;
  #known = 0;
  readonly #watched = new Map<string, Watched>();
  readonly #attempts = new Map<string, number>();

  constructor(
    ledger: Ledger,
    wrong: (what: string) => void,
    clock: Pick<WalkClock, 'now' | 'setBacks'>,
  ) {
    this.#ledger = ledger;
    this.#wrong = wrong;
    this.#clock = clock;
  }

  #of(key: string): Watched {
    const fresh = { openUntil: undefined, out: new Map(), spent: 0, arrival: 0 };
    const watched = this.#watched.get(key) ?? { state: 'closed', ...fresh };
    this.#watched.set(key, watched);
    return watched;
  }

  afterCommit(added: readonly Transition[], forgotten: readonly string[]): void {
    if (this.#clock.setBacks !== this.#known) this.#forgetInstants();
    for (const key of forgotten) this.#watched.delete(key);
    const keys = new Set<string>();
    for (const transition of added) {
      if (transition.kind === 'breaker') this.#moved(transition);
      else this.#operation(transition, keys);
    }
    for (const key of keys) this.#count(key);
  }

  /** It has just happened. Where a commit came late, the clock may have been set back in between. */
  #isFresh(at: number): boolean {
    return at === this.#clock.now();
  }

  /** Instants before and after the clock was set back are not compared. */
  #forgetInstants(): void {
    this.#known = this.#clock.setBacks;
    for (const watched of this.#watched.values()) {
      watched.openUntil = undefined;
      watched.out.clear();
      watched.spent = 0;
      watched.arrival = 0;
    }
  }

  #moved({ key, to, event, at, reason }: BreakerTransition): void {
    const watched = this.#of(key);
    const { openUntil, state } = watched;
    if (state === 'open' && event === 'due' && openUntil !== undefined && at < openUntil) {
      this.#wrong(`the breaker ${key} was open until ${openUntil}, and is ${to} at ${at}`);
    }
    watched.state = to;
    watched.openUntil = to === 'open' && this.#isFresh(at) ? reason?.dueAt : undefined;
    watched.out.clear();
    watched.spent = 0;
  }

  #operation(transition: Operation, keys: Set<string>): void {
    const { operationId, from, to, attempt, at } = transition;
    const key = this.#ledger.rows.get(operationId)?.breakerKey;
    if (key === undefined) return;
    const watched = this.#of(key);
    if (from === 'in_progress') this.#back(key, watched, transition);
    const before = this.#attempts.get(operationId) ?? 0;
    this.#attempts.set(operationId, attempt);
    if (to !== 'in_progress' || attempt === before) return;
    const { state } = watched;
    if (state === 'open' || state === 'isolated') {
      this.#wrong(`${operationId} begins attempt ${attempt} while the breaker ${key} is ${state}`);
    }
    if (!this.#isFresh(at)) return;
    if (state === 'half_open') watched.out.set(operationId, at);
    keys.add(key);
    this.#pace(key, watched, at);
  }

  /** A permit comes back. */
  #back(key: string, watched: Watched, { operationId, event, at, reason }: Operation): void {
    const since = watched.out.get(operationId);
    watched.out.delete(operationId);
    if (since === undefined || at > since + (PROBES[key] ?? ONE).lease) return;
    // A caller's own mistakes, such as a child of that key with another input, are no outcome: the permit goes back unspent.
    const own = reason?.category === 'permission' || reason?.category === 'validation';
    const failed = event === 'attempt.failed' && !own;
    if (failed || event === 'attempt.succeeded') watched.spent++;
  }

  #count(key: string): void {
    const { out, spent } = this.#of(key);
    const { permits, lease } = PROBES[key] ?? ONE;
    const latest = Math.max(...out.values());
    const lent = [...out].filter(([, at]) => at + lease > latest);
    if (lent.length + spent <= permits) return;
    this.#wrong(
      `${lent.map(([id]) => id)} are probes of ${key} after ${spent} others; it has ${permits} permits`,
    );
  }

  /** The generic cell rate algorithm, reckoned once more. */
  #pace(key: string, watched: Watched, at: number): void {
    const rate = RATES[key];
    if (rate === undefined) return;
    const apart = rate.interval / rate.limit;
    if (at < watched.arrival - (rate.burst - 1) * apart - 0.001) {
      this.#wrong(`${key} lets one through at ${at}, faster than its rate`);
    }
    watched.arrival = Math.max(watched.arrival, at) + apart;
  }
}
