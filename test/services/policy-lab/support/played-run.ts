import type {
  BreakerView,
  OperationContext,
  OperationOptions,
  OperationView,
  PreviewedOutcome,
  ShadowReport,
  Transition,
} from '../../../../services/ports.ts';
import type { DurableRecovery } from '../../../../services/recovery.ts';
import { World } from '../../runtime/support/world.ts';

/** Milliseconds after which nothing is expected to happen any more. */
const PATIENCE = 60_000;

/** What calls fail with. */
const ERRORS = {
  network: { code: 'ECONNRESET' },
  timeout: { code: 'ETIMEDOUT' },
  permission: { code: 'EACCES' },
  resource: { status: 503 },
  unknown: {},
};
const made = (kind: keyof typeof ERRORS) => Object.assign(new Error(kind), ERRORS[kind]);

/** A call as a preview and a run both understand it. */
export type Script =
  | { readonly success: true; readonly duration?: number }
  | {
      readonly error: keyof typeof ERRORS;
      readonly duration?: number;
      readonly retryAfter?: number;
      readonly progress?: number;
    }
  | { readonly cancelAfter: number }
  | 'interrupted';

/** A call that ends by itself. */
export type Played = Exclude<Script, 'interrupted' | { readonly cancelAfter: number }>;

export interface Run {
  readonly seed: number;
  readonly calls: readonly { readonly attempt: number; readonly at: number }[];
  readonly transitions: readonly Omit<Transition, 'position'>[];
  readonly breaker: BreakerView | undefined;
  readonly state: string;
  readonly shadow: ShadowReport | undefined;
}

export const ID = 'preview';
export const NAME = 'work';

/** Heeds its signal, as a good function does. */
const hang = ({ signal }: OperationContext) =>
  new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason));
  });
const wait = (world: World, ms: number, op: OperationContext) =>
  Promise.race([new Promise<void>(resolve => void world.clock.setTimeout(resolve, ms)), hang(op)]);

/** The real thing: a recovery on a simulated clock whose function does what the script says, the death of its process included. */
export class PlayedRun {
  readonly #world = new World();
  readonly #options: OperationOptions;
  readonly #outcomes: readonly Script[];
  readonly #random: () => number;
  readonly #calls: { attempt: number; at: number }[] = [];
  #begun = 0;
  #dies = false;
  #recovery!: DurableRecovery;

  constructor(
    options: OperationOptions,
    outcomes: readonly Script[],
    random: () => number,
    fallback?: Played,
  ) {
    const stands = {
      fallback: (_: unknown, op: OperationContext) => this.#play(fallback as Played, op),
    };
    this.#options = { breaker: ID, ...options, ...(fallback === undefined ? {} : stands) };
    this.#outcomes = outcomes;
    this.#random = random;
  }

  async #boot() {
    this.#recovery = await this.#world.boot({ random: this.#random });
    const options = this.#options as OperationOptions<void, unknown>;
    return this.#recovery.operation(NAME, this.#call, options);
  }

  readonly #call = (_: unknown, op: OperationContext): unknown => {
    const { clock } = this.#world;
    this.#calls.push({ attempt: op.attempt, at: clock.now() });
    const played = this.#outcomes[Math.min(this.#begun++, this.#outcomes.length - 1)] as Script;
    if (played === 'interrupted') {
      this.#dies = true;
      return new Promise(() => {});
    }
    if ('cancelAfter' in played) {
      clock.setTimeout(() => void this.#recovery.cancel(ID), played.cancelAfter);
      return hang(op);
    }
    return this.#play(played, op);
  };

  #play(played: Played, op: OperationContext) {
    const { duration = 0 } = played;
    if ('error' in played && played.progress !== undefined && played.progress <= duration) {
      this.#world.clock.setTimeout(() => op.progress('on'), played.progress);
    }
    const end = () => {
      if ('success' in played) return undefined;
      const { error, retryAfter } = played;
      throw Object.assign(made(error), retryAfter === undefined ? {} : { retryAfter });
    };
    return duration === 0 ? end() : wait(this.#world, duration, op).then(end);
  }

  /** Runs until the operation has ended, nothing more happens by itself, or more calls than `most` were made. */
  async run(most: number): Promise<Run> {
    const world = this.#world;
    const { clock } = world;
    const work = await this.#boot();
    const handle = await work.start(undefined, { id: ID });
    handle.result().catch(() => {});
    await world.settle();
    let state = handle.state as string;
    for (;;) {
      if (this.#dies) {
        this.#dies = false;
        world.crash();
        await this.#boot();
        await this.#recovery.resume();
        await world.settle();
        continue;
      }
      const view = (await this.#recovery.view(ID)) as OperationView;
      state = view.state;
      const ended = state === 'success' || state === 'failed' || state === 'exhausted';
      // A recovery has timers of its own, so that the clock never runs out of them.
      const stuck = clock.now() > Math.max(view.updatedAt, view.dueAt ?? 0) + PATIENCE;
      if (ended || stuck || this.#begun > most || clock.nextAt === undefined) break;
      await clock.advanceTo(clock.nextAt);
    }
    const history = await this.#recovery.history(ID);
    const transitions = await this.#recovery.transitions({ limit: 10_000 });
    const breaker = this.#recovery.breaker(ID);
    const [shadow] = this.#recovery.shadows();
    world.crash();
    return {
      seed: history[0]?.reason?.seed ?? -1,
      calls: this.#calls,
      transitions: transitions.map(({ position, ...transition }) => transition),
      breaker: breaker && viewOf(breaker),
      state,
      shadow,
    };
  }
}

/** Without its methods, and without the operations that live, of which an ended one is none. */
const viewOf = (breaker: BreakerView): BreakerView =>
  JSON.parse(JSON.stringify({ ...breaker, operations: 0 }));

/** The same for a preview. */
export const asOutcome = (script: Script): PreviewedOutcome =>
  typeof script === 'object' && 'error' in script
    ? { ...script, error: made(script.error) }
    : script;
