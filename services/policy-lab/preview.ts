import type { SlotInput, SlotOutput } from '../../machines/operation/types.ts';
import { createChild } from '../interpreter/index.ts';
import type {
  BreakerView,
  Logger,
  OperationTransition,
  Preview,
  RecoveryState,
  TransitionWrite,
} from '../ports.ts';
import { Breakers } from '../runtime/breakers.ts';
import { hostedOperationMachine } from '../runtime/chart-actors.ts';
import { drawsOf, seedOf } from '../runtime/draws.ts';
import { Lifecycle } from '../runtime/lifecycle.ts';
import {
  askedBetween,
  type OperationRef,
  type OperationSnapshot,
  stateOf,
} from '../runtime/operation-snapshot.ts';
import { operationPolicy, type Policy } from '../runtime/policy.ts';
import { Rates } from '../runtime/rates.ts';
import { at, type Begin } from '../runtime/timers.ts';
import type { PreviewScript } from './preview-options.ts';
import { PreviewedCalls } from './previewed-calls.ts';
import { VirtualClock } from './virtual-clock.ts';

export interface PreviewParts {
  readonly name: string;
  readonly policy: Policy;
  readonly script: PreviewScript;
  readonly now: number;
  readonly logger: Logger;
}

/** The id of the operation that is made up. */
const ID = 'preview';

/** Timers for each call, and then some: more are needed by nothing that goes on. */
const TURNS = 100;

/** An operation and its breaker, by the real charts, on a clock of their own; nothing of it is stored, and no function of the operation is called. */
class PreviewStage {
  readonly transitions: TransitionWrite[] = [];
  readonly operation: OperationRef;
  readonly calls: PreviewedCalls;
  readonly #name: string;
  readonly #script: PreviewScript;
  readonly #clock: VirtualClock;
  readonly #lifecycle = new Lifecycle();
  readonly #breakers: Breakers;
  readonly #rates: Rates;
  readonly #limited: boolean;
  #seq = 0;
  #state: RecoveryState | null = null;

  constructor({ name, policy, script, logger }: PreviewParts, seed: number, start: number) {
    this.#name = name;
    this.#script = script;
    this.#limited = policy.rateLimit !== null;
    const clock = new VirtualClock(start);
    this.#clock = clock;
    const lifecycle = this.#lifecycle;
    this.#breakers = new Breakers({
      log: {
        record: (_, transition) => void this.transitions.push(transition),
        touchBreaker() {},
        forgetBreaker() {},
      },
      clock,
      // The draws of no retry: those are numbered from 1.
      random: drawsOf(seed, 0),
      logger,
      lifecycle,
      maxBreakers: () => 1,
    });
    this.#rates = new Rates(clock, (key, now) => this.#breakers.takeRate(key, now));
    this.calls = new PreviewedCalls({
      clock,
      policy,
      script,
      id: ID,
      name,
      operation: () => this.operation,
      breakerState: () => this.breaker.state,
      canPay: (cost, now) => this.#breakers.canPay(ID, cost, now),
    });
    this.#breakers.host({
      attempt: this.calls.attempt(),
      fallback: this.calls.fallback(),
      slot: this.#slot(),
      gate: this.#breakers.gates.gate(() => ({ key: ID, asksAtOnce: () => true })),
    });
    const started = operationPolicy(policy, seed, start);
    this.operation = createChild(hostedOperationMachine(), {
      id: `operation.${name}`,
      parent: this.#breakers.acquire(ID, policy.breaker),
      input: { operationId: ID, name, policy: started, at: start },
    }) as OperationRef;
    this.operation.subscribe(snapshot => this.#observe(snapshot));
    this.operation.start();
    if (this.#limited) this.#rates.take(ID);
    this.operation.send({ type: 'start', at: start });
  }

  get now(): number {
    return this.#clock.now();
  }

  get state(): RecoveryState {
    return stateOf(this.operation.getSnapshot());
  }

  get breaker(): BreakerView {
    return this.#breakers.view(ID) as BreakerView;
  }

  /** Lets everything happen; gives why it ends. */
  run(): Preview['ended'] {
    const { attempts: most } = this.#script;
    for (let turn = 0; turn < (most + 10) * TURNS; turn++) {
      if (this.operation.getSnapshot().status === 'done') {
        // What the breaker does at this very instant belongs to it.
        while (this.#clock.next(this.now));
        this.#breakers.release(ID);
        return 'final';
      }
      if (this.calls.attempts.length >= most) return 'attempts';
      if (!this.#clock.next()) return 'waiting';
    }
    return 'waiting';
  }

  /** One operation alone waits for nothing but the rate of its key. */
  #slot(): Begin<SlotInput> {
    return ({ deadline }, self) => {
      const end = (kind: SlotOutput['kind']) =>
        self.send({ type: 'end', output: { kind, at: this.#clock.now() } });
      let leave: (() => void) | undefined;
      const ask = () => {
        leave = this.#limited ? this.#rates.takeOrWait(ID, ask) : undefined;
        if (leave === undefined) end('released');
      };
      const forgetFirst = this.#clock.when(this.now, ask);
      const forget =
        deadline === null ? undefined : at(this.#clock, deadline, () => end('expired'));
      return () => {
        forgetFirst();
        forget?.();
        leave?.();
      };
    };
  }

  #observe(snapshot: OperationSnapshot): void {
    const { attempt, last } = snapshot.context;
    if (last.seq === this.#seq) return;
    const asked = askedBetween(this.#seq, this.#state, last);
    if (asked !== undefined) this.#record('in_progress', attempt, asked);
    this.#record(stateOf(snapshot), attempt, last);
  }

  #record(
    to: RecoveryState,
    attempt: number,
    last: Pick<OperationTransition, 'seq' | 'event' | 'at' | 'reason'>,
  ): void {
    const { seq, event, at, reason } = last;
    this.transitions.push({
      kind: 'operation',
      operationId: ID,
      name: this.#name,
      seq,
      from: this.#state,
      to,
      event,
      attempt,
      reason,
      at,
    });
    this.#seq = seq;
    this.#state = to;
    if (event === 'attempt.failed') this.calls.decided(reason);
  }
}

/** What would become of an operation whose calls end as the script says. */
export function preview(parts: PreviewParts): Preview {
  const { name, script, now } = parts;
  const { seed = seedOf(name), start: startedAt = now } = script;
  const stage = new PreviewStage(parts, seed, startedAt);
  const ended = stage.run();
  const { state, now: endedAt, transitions, breaker } = stage;
  const { attempts } = stage.calls;
  return { state, ended, startedAt, endedAt, seed, attempts, transitions, breaker };
}
