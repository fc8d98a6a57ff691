import fc from 'fast-check';
import { Walker } from './play.ts';
import { IDS, type Setup, type Step, setup, step, stepName } from './steps.ts';
import { noteWarnings } from './warnings.ts';

/** Steps of one walk at most. */
const LONGEST = 300;

/** What has been walked so far. */
export interface Walked {
  walks: number;
  steps: number;
}

/** A walk that ended badly, as short as it could be made. */
export interface Failure {
  readonly seed: number;
  readonly setup: Setup;
  readonly steps: readonly Step[];
  readonly error: unknown;
}

/** What a walk knows while it is being made: which steps make sense. */
interface Model {
  readonly started: Set<number>;
}

/** A step as a command of a model-based test. */
class StepCommand implements fc.AsyncCommand<Model, Walker> {
  readonly step: Step;
  readonly #walked: Walked;

  constructor(step: Step, walked: Walked) {
    this.step = step;
    this.#walked = walked;
  }

  /** Nothing is asked of an operation that nobody has started. */
  check({ started }: Readonly<Model>): boolean {
    const { step } = this;
    if ('of' in step) return started.has(Number(/\d+/.exec(step.of)?.[0]));
    return step.do !== 'start again' || started.has(step.id);
  }

  async run({ started }: Model, walker: Walker): Promise<void> {
    const steps = this.step.do === 'at once' ? this.step.steps : [this.step];
    for (const one of steps) {
      if (one.do !== 'start' && one.do !== 'rush') continue;
      const count = one.do === 'rush' ? one.count : 1;
      for (let n = 0; n < count; n++) started.add((one.id + n) % IDS);
    }
    this.#walked.steps += steps.length;
    await walker.take(this.step);
  }

  toString(): string {
    return stepName(this.step);
  }
}

export interface WalkOptions {
  readonly seed: number;
  readonly walks: number;
  /** Counts on. */
  readonly walked: Walked;
  /** Walks that are tried to make a failed one shorter. @default 1000 */
  readonly shortenings?: number;
  /** Called before each of them. */
  readonly onShortening?: () => void;
}

/** Takes so many walks from a seed. @returns the first that ends badly */
export async function walk(options: WalkOptions): Promise<Failure | undefined> {
  const { seed, walks, walked, shortenings: most = 1_000, onShortening } = options;
  const command = step.map(one => new StepCommand(one, walked));
  const commands = fc.commands([command], { maxCommands: LONGEST, size: 'max' });
  let shortenings = 0;
  let failed:
    | { readonly setup: Setup; readonly steps: readonly Step[]; readonly error: unknown }
    | undefined;
  const property = fc.asyncProperty(setup, commands, async (setup, commands) => {
    if (failed !== undefined && ++shortenings > most) return;
    if (failed !== undefined) onShortening?.();
    const taken: Step[] = [];
    const walker = new Walker(setup);
    const quiet = noteWarnings(walker.walk.wrong);
    try {
      await walker.walk.boot(true);
      await fc.asyncModelRun(
        () => ({ model: { started: new Set<number>() }, real: noting(walker, taken) }),
        commands,
      );
      await walker.walk.end();
      walked.walks++;
    } catch (error) {
      failed = { setup, steps: taken, error };
      throw error;
    } finally {
      quiet();
      walker.walk.process.end();
    }
  });
  await fc.check(property, { seed, numRuns: walks });
  return failed === undefined ? undefined : { seed, ...failed };
}

/** Notes which steps were taken. */
function noting(walker: Walker, taken: Step[]): Walker {
  const take = walker.take.bind(walker);
  walker.take = step => {
    taken.push(step);
    return take(step);
  };
  return walker;
}
