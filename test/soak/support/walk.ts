import type { CommitBatch, Transition } from '../../../services/ports.ts';
import { Answers } from './answers.ts';
import { BreakerWatch } from './breaker-watch.ts';
import { Calls } from './calls.ts';
import { HealthCheck } from './health-check.ts';
import { Histories } from './histories.ts';
import { Ledger } from './ledger.ts';
import { type Death, EngineMachine, type Machine, MemoryMachine } from './machine.ts';
import { Process } from './process.ts';
import type { Configured, Setup } from './steps.ts';
import { UndoWatch } from './undo-watch.ts';
import { WalkClock } from './walk-clock.ts';

/** Something that must never happen has happened. */
export class Violation extends Error {}

/** Nothing takes long, so that walks see its end. */
const CONFIG = {
  maxInterruptions: 3,
  circuitBreakerTimeout: 2_000,
  probeTimeout: 5_000,
  drainTimeout: 700,
};

/** A machine, the processes on it one after the other, and what is known of them from outside. */
export class Walk {
  readonly clock = new WalkClock();
  readonly machine: Machine;
  readonly answers: Answers;
  process!: Process;
  /** Functions do what is asked of them: the walk is at its end. */
  calm = false;
  ledger = new Ledger();
  readonly #setup: Setup;
  #config: Configured;
  #histories: Histories;
  #breakers: BreakerWatch;
  #health: HealthCheck;
  #undos: UndoWatch;
  readonly #made = new Set<string>();
  readonly #violations: string[] = [];
  /** Commits that were refused or never answered: the next process may find one of them. */
  #doubtful: CommitBatch[] = [];
  #lives = 0;
  /** Operations that may be in progress at once, as long as a lower limit is not in force yet. */
  #allowed = 0;

  constructor(setup: Setup) {
    this.#setup = setup;
    this.#config = { ...CONFIG, concurrency: setup.concurrency };
    this.machine = setup.store === 'memory' ? new MemoryMachine() : new EngineMachine(setup.seed);
    const { ledger, wrong } = this;
    this.answers = new Answers(ledger, wrong);
    this.#histories = new Histories(ledger, wrong);
    this.#breakers = new BreakerWatch(ledger, wrong, this.clock);
    this.#health = new HealthCheck(ledger, wrong);
    this.#undos = new UndoWatch(ledger, wrong);
  }

  readonly wrong = (what: string): void => {
    this.#violations.push(what);
  };

  throwIfWrong(): void {
    if (this.#violations.length > 0) throw new Violation(this.#violations.join('\n'));
  }

  /** The next process begins. */
  async boot(resume: boolean): Promise<void> {
    const { clock, ledger, wrong, machine } = this;
    machine.trouble = undefined;
    const store = machine.open();
    await this.#settleDoubt(store);
    const parts = { clock, ledger, wrong, undos: this.#undos, calm: () => this.calm };
    const calls = new Calls(parts, this.#made);
    this.process = new Process({
      store,
      clock,
      calls,
      seed: this.#setup.seed + this.#lives++,
      config: this.#config,
      acknowledged: this.#acknowledged,
      refused: batch => this.#doubtful.push(batch),
    });
    await this.process.boot();
    this.#allowed = this.#config.concurrency ?? 0;
    calls.limit = this.#allowed;
    if (resume) this.resume();
  }

  resume(): void {
    const { process } = this;
    const resumed = () => {
      process.resumed = true;
    };
    this.answers.call(process, 'resume', process.recovery.resume(), resumed);
  }

  configure(values: Configured): void {
    this.#config = { ...this.#config, ...values };
    this.process.recovery.updateConfig(values);
    this.#limit();
  }

  /** What was let in under a higher limit stays. */
  #limit(): void {
    const { running } = this.process.recovery.health().slots;
    const limit = this.#config.concurrency ?? 0;
    this.#allowed = Math.max(limit, Math.min(this.#allowed, running));
    this.process.calls.limit = this.#allowed;
  }

  readonly #acknowledged = (
    batch: CommitBatch,
    positions?: readonly number[],
  ): readonly Transition[] => {
    this.#histories.beforeCommit(batch);
    const before = this.ledger.position;
    const added = this.ledger.add(batch, positions);
    const first = added[0]?.position ?? before + 1;
    if (first !== before + 1) this.wrong(`position ${first} follows ${before}`);
    this.#histories.afterCommit(batch, added);
    this.#undos.afterCommit(batch);
    this.#breakers.afterCommit(added, batch.forgottenBreakers ?? []);
    this.#doubtful = [];
    return added;
  };

  /** What was acknowledged is in the store, and else at most one commit that nobody was told of, as a whole. */
  async #settleDoubt(store: ReturnType<Machine['open']>): Promise<void> {
    await store.open();
    const difference = await this.ledger.differenceTo(store);
    if (difference === undefined) return;
    for (const batch of this.#doubtful) {
      const possible = this.ledger.copy();
      possible.add(batch);
      if ((await possible.differenceTo(store)) !== undefined) continue;
      this.#acknowledged(batch);
      return;
    }
    this.wrong(`after a restart there is something else in the store: ${difference}`);
    this.throwIfWrong();
  }

  /** The process, or its machine, comes to a sudden end. */
  async die(death: Death, calls: number): Promise<void> {
    const { process } = this;
    const { underWay } = process;
    process.end();
    if (underWay) this.#doubtful.push(underWay);
    await this.machine.die(death, underWay, calls);
  }

  async close(): Promise<void> {
    const { process, clock } = this;
    process.release();
    process.closing = true;
    let closed = false;
    const closing = process.recovery.close().finally(() => {
      closed = true;
    });
    // No longer than it needs: what is left over then would keep the process alive.
    for (let waits = 0; waits < 60 && !closed; waits++) await clock.advance(100);
    await closing;
    this.#health.check(process, false);
    if (process.clock.pending > 0) this.wrong(`${process.clock.pending} timers are left`);
    if (process.unanswered > 0) this.wrong(`${process.unanswered} callers were never answered`);
    process.end();
  }

  /** After each step. */
  async check(): Promise<void> {
    const { process, machine } = this;
    await this.clock.advance(0);
    this.#health.check(process, !process.held && machine.trouble === undefined);
    this.#limit();
    this.throwIfWrong();
  }

  /** Nothing goes wrong any more: everything comes to its end, and nothing is left over. */
  async end(): Promise<void> {
    const { clock, machine, process, ledger } = this;
    this.calm = true;
    machine.trouble = undefined;
    process.release();
    await clock.advance(15_000);
    this.resume();
    await this.check();
    for (const { key } of process.recovery.breakers()) {
      const reset = process.recovery.breaker(key)?.reset();
      if (reset) this.answers.call(process, `reset of ${key}`, reset);
    }
    for (const { id } of [...ledger.rows.values()]) {
      this.answers.order(process, id, 'resume', process.recovery.continue(id));
    }
    await clock.advance(60_000 + clock.behind);
    await this.check();
    this.#nothingIsLeft();
    this.throwIfWrong();
    await this.close();
    await this.#settleDoubt(machine.open());
    await machine.die('killed', undefined, 0);
    this.throwIfWrong();
  }

  #nothingIsLeft(): void {
    const { process, ledger, wrong } = this;
    for (const { id, state, snapshot } of ledger.rows.values()) {
      if (/^(success|failed|exhausted)$/.test(state)) continue;
      wrong(`${id} is stuck in ${JSON.stringify((snapshot as { value?: unknown }).value)}`);
    }
    const { active, healthy, slots, locks } = process.recovery.health();
    const left = [active, slots.running, slots.pending, slots.retrying, locks.held, locks.waiting];
    if (!healthy || left.some(count => count !== 0)) wrong(`healthy ${healthy}, left: ${left}`);
    for (const { key, probes, operations } of process.recovery.breakers()) {
      if (probes + operations > 0) wrong(`${key} has ${probes} probes, ${operations} operations`);
    }
    if (process.clock.pending > 0) wrong(`${process.clock.pending} timers are left`);
    if (process.unanswered > 0) wrong(`${process.unanswered} callers were never answered`);
  }
}
