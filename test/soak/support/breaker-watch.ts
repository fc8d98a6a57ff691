import type {
  BreakerTransition,
  OperationTransition,
  Transition,
} from '../../../services/ports.ts';
import { RATES } from './catalogue.ts';
import type { Ledger } from './ledger.ts';

/** Permits of a half-open phase, and for how long they are lent, by key; what is not named has one, for five seconds. */
const PROBES: Readonly<Record<string, { permits: number; lease: number }>> = {
  plain: { permits: 1, lease: 1_200 },
  'host p1': { permits: 2, lease: 800 },
  'host p2': { permits: 2, lease: 800 },
  hedged: { permits: 3, lease: 900 },
};
const ONE = { permits: 1, lease: 5_000 };

interface Watched {
  state: Transition['to'];
  openUntil: number | undefined;
  /** Permits that were granted in this half-open phase and have not come back: operation to instant. */
  readonly out: Map<string, number>;
  /** When the rate lets the next one through at the earliest, by the burst. */
  arrival: number;
}

/** Holds what operations were granted against what their breakers were at that moment, and against rates. */
export class BreakerWatch {
  readonly #ledger: Ledger;
  readonly #wrong: (what: string) => void;
  /** Times that the clock was set back: instants before and after are not compared. */
  readonly #setBacks: () => number;
  #known = 0;
  readonly #watched = new Map<string, Watched>();
  readonly #attempts = new Map<string, number>();

  constructor(ledger: Ledger, wrong: (what: string) => void, setBacks: () => number) {
    this.#ledger = ledger;
    this.#wrong = wrong;
    this.#setBacks = setBacks;
  }

  #of(key: string): Watched {
    const fresh = { state: 'closed' as const, openUntil: undefined, out: new Map(), arrival: 0 };
    const watched = this.#watched.get(key) ?? fresh;
    this.#watched.set(key, watched);
    return watched;
  }

  afterCommit(added: readonly Transition[], forgotten: readonly string[]): void {
    if (this.#setBacks() !== this.#known) this.#forgetInstants();
    for (const key of forgotten) this.#watched.delete(key);
    const keys = new Set<string>();
    for (const transition of added) {
      if (transition.kind === 'breaker') this.#moved(transition);
      else this.#operation(transition, keys);
    }
    for (const key of keys) this.#count(key);
  }

  #forgetInstants(): void {
    this.#known = this.#setBacks();
    for (const watched of this.#watched.values()) {
      watched.openUntil = undefined;
      watched.out.clear();
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
    watched.openUntil = to === 'open' ? reason?.dueAt : undefined;
    watched.out.clear();
  }

  #operation({ operationId, from, to, attempt, at }: OperationTransition, keys: Set<string>): void {
    const key = this.#ledger.rows.get(operationId)?.breakerKey;
    if (key === undefined) return;
    const watched = this.#of(key);
    if (from === 'in_progress') watched.out.delete(operationId);
    const before = this.#attempts.get(operationId) ?? 0;
    this.#attempts.set(operationId, attempt);
    if (to !== 'in_progress' || attempt === before) return;
    const { state } = watched;
    if (state === 'open' || state === 'isolated') {
      this.#wrong(`${operationId} begins attempt ${attempt} while the breaker ${key} is ${state}`);
    }
    if (state === 'half_open') watched.out.set(operationId, at);
    keys.add(key);
    this.#pace(key, watched, at);
  }

  #count(key: string): void {
    const { out } = this.#of(key);
    const { permits, lease } = PROBES[key] ?? ONE;
    const latest = Math.max(...out.values());
    const lent = [...out].filter(([, at]) => at + lease > latest);
    if (lent.length <= permits) return;
    this.#wrong(`${lent.map(([id]) => id)} are probes of ${key}, which has ${permits} permits`);
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
