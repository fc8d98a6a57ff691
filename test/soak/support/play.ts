import type { OperationDefinition } from '../../../services/ports.ts';
import type { Ledger } from './ledger.ts';
import type { Plan } from './plans.ts';

import { IDS, type Setup, type Step, stepName } from './steps.ts';
import { Walk } from './walk.ts';
import { noteWarnings } from './warnings.ts';

export type { Plan } from './plans.ts';

const EVENTS = { cancel: 'cancel', pause: 'pause', continue: 'resume', retry: 'retry' } as const;

/** What the walk is told to do, and what somebody else has told it before. */
export class Walker {
  readonly walk: Walk;
  /** What each id was started with first. */
  readonly #started = new Map<string, { readonly name: string; readonly plan: Plan }>();

  constructor(setup: Setup) {
    this.walk = new Walk(setup);
  }

  async take(step: Step): Promise<void> {
    await this.#do(step);
    await this.walk.check();
  }

  async #do(step: Step): Promise<void> {
    const { walk } = this;
    const { process, clock, answers } = walk;
    const { recovery } = process;
    switch (step.do) {
      case 'start':
        return this.#start(`o${step.id}`, step);
      case 'rush':
        for (let n = 0; n < step.count; n++) this.#start(`o${(step.id + n) % IDS}`, step);
        return;
      case 'start again':
        return this.#startAgain(`o${step.id}`, step.run);
      case 'cancel':
      case 'pause':
      case 'continue':
      case 'retry':
        answers.order(process, step.of, EVENTS[step.do], recovery[step.do](step.of));
        return;
      case 'resume':
        return walk.resume();
      case 'turn':
        return new Promise(resolve => setImmediate(resolve));
      case 'advance':
        return clock.advance(step.ms);
      case 'sleep':
        return clock.sleep(step.ms);
      case 'set back':
        return clock.setBack(step.ms);
      case 'hold':
        return process.hold();
      case 'release':
        return process.release();
      case 'trouble':
        walk.machine.trouble = step.trouble;
        return;
      case 'heal':
        walk.machine.trouble = undefined;
        return;
      case 'die':
        await walk.die(step.death, step.calls);
        return walk.boot(step.resume);
      case 'close':
        await walk.close();
        return walk.boot(step.resume);
      case 'force': {
        const ttl = step.ttl === null ? {} : { ttl: step.ttl };
        return answers.call(process, stepName(step), recovery.forceBreaker(step.key, step.to, ttl));
      }
      case 'reset': {
        const reset = recovery.breaker(step.key)?.reset();
        return reset && answers.call(process, stepName(step), reset);
      }
      case 'configure':
        return walk.configure(step.values);
      default:
        for (const one of step.steps) await this.#do(one);
    }
  }

  #start(id: string, { name, plan }: { readonly name: string; readonly plan: Plan }): void {
    const { process, answers } = this.walk;
    if (!this.#started.has(id)) this.#started.set(id, { name, plan });
    answers.start(process, id, this.#definition(name).start(plan, { id }));
  }

  #startAgain(id: string, run: boolean): void {
    const { process, answers } = this.walk;
    const known = this.#started.get(id);
    if (known === undefined) return;
    if (!run) this.#start(id, known);
    else answers.result(process, id, this.#definition(known.name).run(known.plan, { id }));
  }

  #definition(name: string): OperationDefinition<Plan, number> {
    return this.walk.process.definitions.get(name) as OperationDefinition<Plan, number>;
  }
}

/** Plays a walk that is written down, to its end. @returns what is durable then */
export async function playWalk(setup: Setup, steps: readonly Step[]): Promise<Ledger> {
  const walker = new Walker(setup);
  const quiet = noteWarnings(walker.walk.wrong);
  try {
    await walker.walk.boot(true);
    for (const step of steps) await walker.take(step);
    await walker.walk.end();
    return walker.walk.ledger;
  } finally {
    quiet();
    walker.walk.process.end();
  }
}
