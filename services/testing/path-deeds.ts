import { fromJson } from '../json.ts';
import type { OperationContext } from '../ports.ts';
import type { Definition } from '../runtime/definition.ts';
import type { Ledger } from './ledger.ts';
import { isUndoing, type ModelEvent, type ModelSnapshot } from './operation-model.ts';
import type { Outcomes, Registration } from './outcomes.ts';
import type { BedCall, ComingCall, PathBed } from './path-bed.ts';
import { type PathWorld, quietly } from './path-world.ts';

export interface DeedsOptions {
  readonly bed: PathBed<Definition>;
  readonly outcomes: Outcomes;
  readonly id: string;
  readonly input: unknown;
}

/** After so many turns of the event loop, and so many real milliseconds, without anything outside, only the clock can bring more. */
const QUIET_TURNS = 20;
const QUIET_MS = 10;

/** The process was cut amid what was done. */
export class Died extends Error {}

/** How each move of a path is brought about on the real runtime. */
export class PathDeeds {
  readonly #options: DeedsOptions;
  readonly #bed: PathBed<Definition>;
  readonly #world: PathWorld;
  readonly #ledger: Ledger;
  /** The call that is under way. */
  #held: BedCall | undefined;
  /** The context of the function's last call, or the fallback's. */
  #op: OperationContext | undefined;

  constructor(options: DeedsOptions, world: PathWorld, ledger: Ledger) {
    this.#options = options;
    this.#bed = options.bed;
    this.#world = world;
    this.#ledger = ledger;
    options.bed.faults.decide = coming => this.#decide(coming);
  }

  #decide(coming: ComingCall): BedCall | undefined {
    if (coming.op.id !== this.#options.id) return this.#world.decide(coming);
    const ledger = this.#ledger;
    ledger.called(coming);
    if (coming.kind === 'undo') {
      this.#held = this.#bed.faults.held();
      return this.#held;
    }
    const held = this.#bed.faults.held(op => ledger.watched(op));
    // The second call of a hedged attempt hangs like the first.
    if (coming.op.hedge === 0) {
      this.#held = held;
      this.#op = coming.op;
    }
    return held;
  }

  /** Begins the operation, or attaches to it, and looks after what its caller is told. */
  async start(): Promise<void> {
    const { bed, id, input } = this.#options;
    const ledger = this.#ledger;
    const ended = () => ledger.ended(id);
    quietly(bed.defined.start(input, { id }), handle => {
      ledger.started(id);
      handle.result().then(ended, (error: { readonly code?: string }) => {
        if (error.code !== 'RECOVERY_CLOSED' && error.code !== 'PERSISTENCE') ended();
      });
    });
    await bed.settle();
  }

  /** @throws Died */
  async do(move: string, event: ModelEvent, begun: ModelSnapshot): Promise<void> {
    const bed = this.#bed;
    const { context } = begun;
    const { recovery } = bed;
    const { id } = this.#options;
    switch (move) {
      case 'start':
      case 'lock.wait':
        break;
      case 'pause':
        quietly(recovery.pause(id));
        break;
      case 'resume':
        quietly(recovery.continue(id));
        break;
      case 'cancel':
        if (isUndoing(begun)) await this.#cancelInVain(event);
        else quietly(recovery.cancel(id));
        break;
      case 'due':
        await this.#until(context.wait.dueAt ?? bed.clock.now());
        break;
      case 'released':
        await this.#world.letThrough();
        break;
      case 'slot':
      case 'lock.granted':
        await this.#world.vacate();
        break;
      case 'expire':
      case 'gate.expired':
      case 'slot.expired':
        await this.#until(context.policy.deadline ?? bed.clock.now());
        break;
      case 'success':
        await this.#succeed();
        break;
      case 'hang':
        await this.#until((event.output as { readonly at: number }).at);
        break;
      case 'crash':
      case 'shutdown':
        await this.#restart(move === 'crash');
        this.#ledger.follow(bed.recovery);
        quietly(bed.recovery.resume());
        break;
      case 'broken': {
        const handle = await recovery.get(id);
        handle?.actor.send(event as never);
        break;
      }
      default:
        if (event.type === 'undo.registered') this.#register(event as unknown as Registration);
        else this.#held?.fail(this.#errorOf(move));
    }
    await bed.settle();
    if (!bed.alive) throw new Died();
  }

  #register({ name, input }: Registration): void {
    const registered = this.#op?.onUndo(name, fromJson(input));
    if (registered === undefined) return;
    const { id } = this.#options;
    registered.then(
      () => this.#ledger.registered(id, { name, input }),
      () => {},
    );
  }

  /** An operator is told that it is too late, and so is whoever has the actor, as a parent does. */
  async #cancelInVain(event: ModelEvent): Promise<void> {
    const { recovery } = this.#bed;
    const { id } = this.#options;
    for (const order of ['cancel', 'pause'] as const) {
      if (await recovery[order](id)) {
        this.#ledger.problems.push(`a ${order} of "${id}" was taken while it took back`);
      }
    }
    const handle = await recovery.get(id);
    handle?.actor.send(event as never);
  }

  /** A process that is closed may die of it. */
  async #restart(crash: boolean): Promise<void> {
    const { deaths } = this.#bed;
    await this.#bed.restart({ crash, resume: false });
    if (this.#bed.deaths !== deaths) throw new Died();
  }

  #errorOf(move: string): Error | undefined {
    const { failures } = this.#options.outcomes;
    return failures.find(({ name }) => `fails: ${name}` === move)?.error;
  }

  #until(instant: number): Promise<void> {
    return this.#bed.advance(Math.max(0, instant - this.#bed.clock.now()));
  }

  /** The function may do as it likes, in real time; what it waits for on the clock has to come, too. */
  async #succeed(): Promise<void> {
    const { returning } = this.#options.outcomes;
    if (returning !== undefined) {
      this.#held?.succeed(returning.returns);
      return;
    }
    let over = false;
    quietly(
      (this.#held?.goOn() ?? Promise.resolve()).finally(() => {
        over = true;
      }),
    );
    const bed = this.#bed;
    // Between two things that it does outside, nothing of either is seen for a moment.
    let turns = 0;
    let quietSince = performance.now();
    while (!over && bed.alive) {
      await bed.settle();
      turns += 1;
      if (bed.waitsForOutside()) {
        turns = 0;
        quietSince = performance.now();
      }
      const { nextAt } = bed.clock;
      if (turns < QUIET_TURNS || performance.now() - quietSince < QUIET_MS) continue;
      if (!over && nextAt !== undefined) await this.#until(nextAt);
      turns = 0;
      quietSince = performance.now();
    }
  }
}
