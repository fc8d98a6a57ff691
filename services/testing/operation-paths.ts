import { ConfigError } from '../errors.ts';
import type { Recovery, RecoveryState, StartOptions } from '../ports.ts';
import { checkKeys, Problems } from '../problems.ts';
import { Definition } from '../runtime/definition.ts';
import type { Policy } from '../runtime/policy.ts';
import { tellLived } from './lived.ts';
import {
  type Outcomes,
  type PathOutcome,
  refuseUnknownUndos,
  resolveOutcomes,
} from './outcomes.ts';
import type { BedCut, PathBed } from './path-bed.ts';
import { PathDriver } from './path-driver.ts';
import { type Plan, type PlanOptions, plansOf } from './path-plan.ts';
import { PathViolation } from './path-violation.ts';
import { describe } from './path-words.ts';
import { defineOthers } from './path-world.ts';

/** What `recovery.operation()` gives, whatever its output. */
export interface DefinedOperation<Input> {
  readonly name: string;
  start(input: Input, options?: StartOptions): Promise<unknown>;
}

/** Defines the operation that paths are about, with whatever it needs. */
export type DefineOperation<Input> = (recovery: Recovery) => DefinedOperation<Input>;

export interface OperationPathsOptions<Input> {
  /** Input of the operations. @default undefined */
  readonly input?: Input;
  /** What may become of them. @default all that the policy has to do with, with one error that is retried and one that is not */
  readonly outcomes?: readonly PathOutcome[];
  /** `shortest`: to each state, and along each arrow from there; `simple`: every way without a state twice. @default 'shortest' */
  readonly paths?: 'shortest' | 'simple';
  /** More paths than that are refused. An integer >= 1. @default 2000 */
  readonly maxPaths?: number;
  /** Operations that the recovery itself lets be in progress at once, as its `concurrency`. @default no limit */
  readonly concurrency?: number;
}

/** One event of the chart on a path. */
export interface PathStep {
  /** What brings it about, such as `success`, `fails: network`, `crash` or `due`. */
  readonly move: string;
  readonly event: string;
  readonly from: string;
  readonly to: string;
}

/** What a path has come to. */
export interface PathRun {
  readonly state: RecoveryState;
  /** Attempts that were begun. */
  readonly attempts: number;
  /** Commits that were made. */
  readonly commits: number;
  /** Times that its process died amid a commit. */
  readonly deaths: number;
}

/** A life of an operation, and how to live it. */
export interface OperationPath {
  /** In words. */
  readonly description: string;
  readonly steps: readonly PathStep[];
  /** The final state. */
  readonly endsIn: RecoveryState;
  /**
   * Lives it on the real runtime, in a world of its own.
   * @throws PathViolation where the runtime is not where the chart is, or breaks a promise
   */
  run(): Promise<PathRun>;
}

/** The same path, cut. */
export interface CrashPath extends OperationPath {
  /** The commit in which the process dies, from 1. */
  readonly commit: number;
  readonly point: BedCut;
}

/** Opens a world for one path. */
export type OpenBed = (
  define: (recovery: Recovery) => Definition,
  options: { readonly concurrency?: number },
) => Promise<PathBed<Definition>>;

const ID = 'path';
const OPTIONS = ['input', 'outcomes', 'paths', 'maxPaths', 'concurrency', 'store', 'recovery'];

interface Subject {
  readonly open: () => Promise<PathBed<Definition>>;
  readonly outcomes: Outcomes;
  readonly policy: Policy;
  readonly input: unknown;
  readonly breakerKey: string;
  readonly slots: number;
  readonly lock: string | undefined;
}

/** How each path that was made here is lived. */
const lives = new WeakMap<OperationPath, Life>();

/**
 * The paths that an operation can take through its chart, by its own policy and the outcomes that are named.
 * @throws ConfigError for options that cannot be used, and for policies that it knows nothing of
 */
export async function pathsOf<Input>(
  openBed: OpenBed,
  define: DefineOperation<Input>,
  options: OperationPathsOptions<Input>,
): Promise<OperationPath[]> {
  const planOptions = checked(options);
  const outcomes = resolveOutcomes(options.outcomes);
  const { concurrency = NONE, input } = options;
  const openWith = (most: number) =>
    openBed(
      recovery => {
        const definition = definitionOf(define(recovery));
        defineOthers(recovery);
        return definition;
      },
      most === NONE ? {} : { concurrency: most },
    );
  const { policy, seed, breakerKey, own } = await probed(openWith(concurrency), input);
  refuseUnknownUndos(outcomes, Object.keys(policy.undo));
  // Others take slots of the whole recovery, so that they need not be of this definition.
  const slots = Math.min(own, concurrency);
  const hasSlots = slots < NONE;
  const subject: Subject = {
    open: () => openWith(slots),
    outcomes,
    policy,
    input,
    breakerKey,
    slots: hasSlots ? slots : 0,
    lock: seed.policy.lock,
  };
  return plansOf(seed, { policy, outcomes, hasSlots }, planOptions).map(plan =>
    pathOf(plan, subject),
  );
}

const NONE = Number.POSITIVE_INFINITY;

/**
 * The same path with its process cut at each boundary of each of its commits, another process that goes on, and the same end. Of several paths, what they have in common
 * is cut once.
 * @throws ConfigError for a path that `operationPaths` has not made
 * @throws PathViolation where a path fails without a cut
 */
export async function crashPaths(
  paths: OperationPath | readonly OperationPath[],
): Promise<CrashPath[]> {
  const cuts: CrashPath[] = [];
  const known = new Set<string>();
  for (const path of [paths].flat()) {
    const life = lives.get(path);
    if (life === undefined) throw new ConfigError('crashPaths needs paths of operationPaths');
    const { commitSteps, cutPoints } = await (life.last ?? life());
    for (const [index, step] of commitSteps.entries()) {
      const commit = index + 1;
      const moves = path.steps.slice(0, step).map(({ event, to }) => `${event} -> ${to}`);
      const key = `${moves.join(', ')}, ${commit}`;
      if (known.has(key)) continue;
      known.add(key);
      cuts.push(...cutPoints.map(point => cutPath(path, life, { commit, point })));
    }
  }
  return cuts;
}

function cutPath(path: OperationPath, life: Life, cut: Cut): CrashPath {
  const { commit, point } = cut;
  const where = `commit ${commit}, ${point.replace('-', ' ')}`;
  const description = `${path.description}; its process dies in ${where}`;
  return { ...path, ...cut, description, run: () => life(cut) };
}

function pathOf(plan: Plan, subject: Subject): OperationPath {
  const description = describe(plan);
  const steps = plan.steps.map(({ move, type: event, from, to }) => ({ move, event, from, to }));
  const { endsIn } = plan;
  const life: Life = cut => live(plan, description, subject, cut);
  const run = () => {
    life.last = life();
    return life.last;
  };
  const path: OperationPath = { description, steps, endsIn, run };
  lives.set(path, life);
  return path;
}

interface Cut {
  readonly commit: number;
  readonly point: BedCut;
}
interface Lived extends PathRun {
  readonly commitSteps: readonly number[];
  readonly cutPoints: readonly BedCut[];
}
interface Life {
  (cut?: Cut): Promise<Lived>;
  /** Without a cut. */
  last?: Promise<Lived>;
}

async function live(
  plan: Plan,
  path: string,
  { open, ...subject }: Subject,
  cut: Cut | undefined,
): Promise<Lived> {
  const begun = performance.now();
  const bed = await open();
  try {
    if (cut !== undefined) bed.disk.cut(cut.commit, cut.point);
    const description = cut === undefined ? path : `${path}; cut ${JSON.stringify(cut)}`;
    const driver = new PathDriver({ ...subject, bed, plan, description, id: ID });
    const { value, context } = await driver.run();
    const { counts, policy } = context;
    // The cut may be the one interruption that was too many.
    if (value !== plan.endsIn && counts.interruptions <= policy.maxInterruptions) {
      throw new PathViolation(description, 'the end', [
        `it ended as ${JSON.stringify(value)}, and not as ${plan.endsIn}`,
      ]);
    }
    if (cut !== undefined && bed.deaths !== 1) {
      throw new PathViolation(description, 'the end', [`its process died ${bed.deaths} times`]);
    }
    tellLived(cut !== undefined, begun);
    return {
      state: value as RecoveryState,
      attempts: context.attempt,
      commits: bed.disk.tries,
      deaths: bed.deaths,
      commitSteps: driver.commitSteps,
      cutPoints: bed.disk.cutPoints,
    };
  } finally {
    bed.abandon();
  }
}

function definitionOf(defined: unknown): Definition {
  if (defined instanceof Definition) return defined;
  throw new ConfigError('define must return the definition that recovery.operation() gives');
}

/** Begins one operation, to see what the policy makes of it. */
async function probed(opening: Promise<PathBed<Definition>>, input: unknown) {
  const bed = await opening;
  try {
    const { defined } = bed;
    bed.faults.decide = () => bed.faults.held(op => op);
    const handle = defined.start(input, { id: ID });
    await bed.settle();
    const { policy: chart, name } = (await handle).actor.getSnapshot().context;
    const policy = defined.policy as Policy;
    if (policy.rateLimit !== null) {
      throw new ConfigError(
        `paths know nothing of rateLimit: leave it out where "${defined.name}" is defined for tests`,
      );
    }
    const seed = { policy: chart, name, operationId: ID, at: bed.clock.now() };
    // All operations of a path have the same input, and with it the same key.
    const { concurrency = NONE, keyConcurrency = NONE } = defined.options;
    const own = Math.min(concurrency, keyConcurrency);
    return { policy, breakerKey: policy.breakerKey(input), seed, own };
  } finally {
    bed.abandon();
  }
}

function checked<Input>(options: OperationPathsOptions<Input>): PlanOptions {
  const problems = new Problems();
  const { paths = 'shortest', maxPaths = 2_000, concurrency = 1 } = options;
  checkKeys(problems, options, OPTIONS);
  const known = paths === 'shortest' || paths === 'simple';
  problems.check(known, 'paths', paths, "must be 'shortest' or 'simple'");
  const isCount = (value: unknown) => Number.isInteger(value) && (value as number) >= 1;
  problems.check(isCount(maxPaths), 'maxPaths', maxPaths, 'must be an integer >= 1');
  problems.check(isCount(concurrency), 'concurrency', concurrency, 'must be an integer >= 1');
  problems.throwIfAny('operationPaths');
  return { paths, maxPaths };
}
