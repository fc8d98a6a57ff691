import type { Definition } from '../runtime/definition.ts';
import type { Policy } from '../runtime/policy.ts';
import { differences, storeDifferences } from './comparison.ts';
import { Ledger } from './ledger.ts';
import type { Setting } from './move-events.ts';
import { moveAt } from './moves.ts';
import {
  initialModel,
  isPassing,
  isUndoing,
  leafOf,
  type ModelEvent,
  type ModelSnapshot,
  modelOf,
  nextModel,
} from './operation-model.ts';
import type { PathBed } from './path-bed.ts';
import { type DeedsOptions, Died, PathDeeds } from './path-deeds.ts';
import { type Group, groupsOf } from './path-groups.ts';
import type { Plan, PlannedStep } from './path-plan.ts';
import { PathViolation } from './path-violation.ts';
import { wordsOf } from './path-words.ts';
import { PathWorld, quietly } from './path-world.ts';
import { ANYTHING, afterRestart, endLike, goOnAt, keptBy, staysDenied } from './resync.ts';

export interface DriverOptions extends DeedsOptions {
  readonly plan: Plan;
  readonly description: string;
  readonly policy: Policy;
  readonly breakerKey: string;
  readonly slots: number;
  readonly lock: string | undefined;
}

/** What an operation goes on with once it has its lock or a slot. */
const GOES_ON: readonly string[] = ['start', 'slot', 'lock.granted'];

/** Takes an operation along a path, on the real runtime, and looks after each step whether everything is where the chart is. */
export class PathDriver {
  readonly #options: DriverOptions;
  readonly #bed: PathBed<Definition>;
  readonly #world: PathWorld;
  readonly #ledger: Ledger;
  readonly #deeds: PathDeeds;
  #model: ModelSnapshot | undefined;
  /** Where it was before what is being done. */
  #begun: ModelSnapshot | undefined;
  /** Where it may be found after a cut: everything from the last step that was checked to the end of the present one. */
  #trail: ModelSnapshot[] = [];
  /** For each commit, how many steps of the path had been taken when all of it was done. */
  readonly commitSteps: number[] = [];
  #steps = 0;

  constructor(options: DriverOptions) {
    const { bed } = options;
    this.#options = options;
    this.#bed = bed;
    this.#ledger = new Ledger(bed);
    this.#world = new PathWorld(options);
    this.#deeds = new PathDeeds(options, this.#world, this.#ledger);
    this.#ledger.follow(bed.recovery);
  }

  /** @throws PathViolation */
  async run(): Promise<ModelSnapshot> {
    let left: readonly Group[] = groupsOf(this.#options.plan.steps);
    while (left.length > 0) {
      const [group] = left as readonly [Group];
      try {
        this.#steps += group.steps.length;
        await this.#perform(group, wordsOf(group.steps[0] as PlannedStep) ?? group.move);
        while (this.commitSteps.length < this.#bed.disk.tries) this.commitSteps.push(this.#steps);
        left = this.#after(group, left.slice(1));
      } catch (error) {
        if (!(error instanceof Died)) throw error;
        left = await this.#recover(left);
      }
    }
    const model = this.#model;
    if (model?.status !== 'done') {
      throw this.#violation('the end', ['the path is over, and the operation has not ended']);
    }
    await this.#result();
    return model;
  }

  #setting(): Setting {
    const { tokens } = this.#world;
    const { policy, outcomes, slots } = this.#options;
    return {
      policy,
      outcomes,
      hasSlots: slots > 0,
      ...(tokens === undefined ? {} : { tokens }),
    };
  }

  async #perform(group: Group, where: string): Promise<void> {
    this.#begun = this.#model;
    await this.#prepare(group);
    if (this.#model === undefined) await this.#start();
    const begun = this.#model as unknown as ModelSnapshot;
    const [event] = this.#predict(group, begun);
    try {
      await this.#deeds.do(group.move, event as ModelEvent, begun);
    } finally {
      // A function may have taken its time.
      if (group.move === 'success') this.#predict(group, begun);
    }
    await this.#check(where);
  }

  /** Sees to it that what is to come can come, and nothing else. */
  async #prepare({ steps, move, answer, keptWaiting }: Group): Promise<void> {
    const world = this.#world;
    const moves = steps.map(step => step.move);
    const begins = move === 'start' || move === 'lock.wait';
    if (moves.includes('lock.wait')) await this.#alive(world.occupy('locked'));
    else if (keptWaiting === 'busy' || (this.#model === undefined && !begins)) {
      await this.#alive(world.occupy('busy'));
    } else if (moves.some(name => GOES_ON.includes(name)) && !GOES_ON.includes(move)) {
      await this.#alive(world.vacate());
    }
    if (answer === 'granted' && move !== 'released') await this.#alive(world.letThrough());
    if (answer === 'open') await this.#alive(world.isolate());
  }

  /** The chart after each step of what is about to be done. */
  #predict({ steps, isExtra }: Group, begun: ModelSnapshot): readonly ModelEvent[] {
    let snapshot = begun;
    this.#trail = [snapshot];
    const events: ModelEvent[] = [];
    const usual = isExtra ? { ...this.#setting(), outcomes: ANYTHING } : this.#setting();
    let setting: Setting = { ...usual, now: this.#bed.clock.now() };
    for (const { move } of steps) {
      const event = moveAt(snapshot, move, setting);
      // A cut has used up what the path has left of its interruptions.
      if (event === undefined && events.length > 0 && this.#bed.deaths > 0) break;
      if (event === undefined) {
        const where = leafOf(snapshot.value);
        throw this.#violation(move, [`"${move}" was planned, and cannot follow from ${where}`]);
      }
      snapshot = nextModel(snapshot, event);
      this.#trail.push(snapshot);
      events.push(event);
      setting = usual;
    }
    // A cut has led to undos that the path does not know of: they are called by themselves.
    while (this.#bed.deaths > 0 && isUndoing(snapshot) && isPassing(snapshot)) {
      snapshot = nextModel(snapshot, moveAt(snapshot, 'due', setting) as ModelEvent);
      this.#trail.push(snapshot);
    }
    this.#model = snapshot;
    return events;
  }

  async #alive(work: Promise<unknown>): Promise<void> {
    await work;
    if (!this.#bed.alive) throw new Died();
  }

  /** Begins the operation. The chart is played from what it has begun with, since that is drawn. */
  async #start(): Promise<void> {
    const { id } = this.#options;
    const bed = this.#bed;
    const at = bed.clock.now();
    await this.#alive(this.#deeds.start());
    const handle = await bed.recovery.get(id);
    if (handle === undefined) throw this.#violation('start', ['it does not begin']);
    const { policy, name } = handle.actor.getSnapshot().context;
    this.#model = initialModel({ policy, name, operationId: id, at });
  }

  async #check(where: string): Promise<void> {
    const { id } = this.#options;
    const model = this.#model as ModelSnapshot;
    const handle = await this.#bed.recovery.get(id);
    const real = handle?.actor.getSnapshot();
    const problems = real === undefined ? ['it is gone'] : differences(model, real);
    problems.push(...storeDifferences(model, await this.#bed.store.find(id)));
    problems.push(...(await this.#ledger.check()));
    if (problems.length > 0) throw this.#violation(where, problems);
  }

  #violation(where: string, problems: readonly string[]): PathViolation {
    return new PathViolation(this.#options.description, where, problems);
  }

  /** Another process goes on with what the last one has left. @returns the groups that are left */
  async #recover(left: readonly Group[]): Promise<readonly Group[]> {
    const bed = this.#bed;
    const [group, next] = left as readonly [Group, Group | undefined];
    const where = `the restart after ${wordsOf(group.steps[0] as PlannedStep) ?? group.move}`;
    await bed.restart({ crash: true, resume: false });
    this.#ledger.follow(bed.recovery);
    await this.#world.bury();
    const row = await bed.store.find(this.#options.id);
    if (row === undefined) {
      if (this.#begun !== undefined) throw this.#violation(where, ['it is lost']);
      this.#model = undefined;
      return left;
    }
    const found = modelOf(row.snapshot);
    const strange = this.#strangerThan(found, group);
    if (strange.length > 0) throw this.#violation(where, strange);
    const now = bed.clock.now();
    const obstacles = {
      denied: staysDenied(found, group, next),
      kept: keptBy(found, group, next, now),
    };
    if (obstacles.kept !== undefined) await this.#world.occupy(obstacles.kept);
    if (obstacles.denied) await this.#world.isolate();
    else await this.#world.letThrough();
    this.#model = afterRestart(found, { ...this.#setting(), now }, obstacles);
    quietly(bed.recovery.resume());
    await bed.settle();
    await this.#check(where);
    return this.#goOn(left, this.#begun);
  }

  /** What is left of the path; after a cut, it may have come elsewhere. */
  #after(group: Group, left: readonly Group[]): readonly Group[] {
    if (leafOf(this.#model?.value) === group.to) return left;
    return this.#goOn(left.length > 0 ? left : [group], undefined);
  }

  #goOn(left: readonly Group[], begun: ModelSnapshot | undefined): readonly Group[] {
    const model = this.#model as ModelSnapshot;
    if (model.status === 'done') return [];
    const at = goOnAt(left, begun, model);
    if (at !== undefined) return left.slice(at);
    const last = left.at(-1);
    const end = last && endLike(last, model, this.#setting());
    return end === undefined ? [] : [end];
  }

  /** What is durable has to be one of the states that it has just gone through. */
  #strangerThan(found: ModelSnapshot, { move }: Group): readonly string[] {
    const { seq } = found.context.last;
    const known = this.#trail.filter(({ context }) => context.last.seq === seq);
    if (this.#trail.length === 0) return [];
    if (known.length === 0) return [`transition ${seq} is durable, and was none of its last`];
    const compared = known.map(one => {
      // That it waits for a slot is not written: its row is the one before.
      const isQueued = leafOf(one.value) === 'recovering.queued';
      // What its function registers, nobody has told.
      const mayRegister = move === 'success' && !isUndoing(one);
      return differences(one, found).filter(
        problem =>
          !(isQueued && /^its (state |error:)/.test(problem)) &&
          !(mayRegister && problem.startsWith('its undos ')),
      );
    });
    return compared.some(({ length }) => length === 0) ? [] : (compared[0] ?? []);
  }

  /** Whoever asks again gets the result of what has ended. */
  async #result(): Promise<void> {
    const { id, input } = this.#options;
    const bed = this.#bed;
    const state = leafOf(this.#model?.value);
    let told = 'nothing';
    const handle = await bed.defined.start(input, { id });
    handle.result().then(
      () => {
        told = 'success';
      },
      (error: { readonly code?: string }) => {
        told = error.code === 'OPERATION_EXHAUSTED' ? 'exhausted' : 'failed';
      },
    );
    await bed.settle();
    const problems = [...(await this.#ledger.check())];
    if (told !== state) problems.push(`its result tells of ${told}, and it is ${state}`);
    if (problems.length > 0) throw this.#violation('the end', problems);
  }
}
