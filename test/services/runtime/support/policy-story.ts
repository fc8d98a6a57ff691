import fc from 'fast-check';
import { RecoveryError } from '../../../../services/errors.ts';
import type {
  OperationContext,
  OperationDefinition,
  OperationOptions,
  OperationTransition,
} from '../../../../services/ports.ts';
import type { DurableRecovery } from '../../../../services/recovery.ts';
import {
  ExponentialBackoffStrategy,
  LinearBackoffStrategy,
} from '../../../../services/strategies/index.ts';
import { permanent, transient } from './functions.ts';
import { World } from './world.ts';

export const MAX_DELAY = 2_000;
export const IDS = ['a', 'b', 'c'];

const tooSlow = () => Object.assign(new Error('too slow'), { code: 'ETIMEDOUT' });
const busy = (seconds: number) =>
  Object.assign(new Error('busy'), { status: 503, headers: { 'retry-after': String(seconds) } });

const BEHAVIOURS = [
  'ok',
  'network',
  'timeout',
  'permission',
  'busy',
  'hang',
  'deaf',
  'work',
] as const;
/** What a call of the function, or of the fallback, does. */
type Behaviour = (typeof BEHAVIOURS)[number];
export const behaviours = fc.array(fc.constantFrom(...BEHAVIOURS), { minLength: 1, maxLength: 12 });

const ORDERS = ['cancel', 'pause', 'continue', 'retry'] as const;
export type Action =
  | { readonly do: 'start' | (typeof ORDERS)[number]; readonly id: string }
  | { readonly do: 'advance'; readonly ms: number }
  | { readonly do: 'crash' | 'close' };
const id = fc.constantFrom(...IDS);
export const actions = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.record({ do: fc.constant('start' as const), id }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constantFrom(...ORDERS), id }) },
    {
      weight: 4,
      arbitrary: fc.record({
        do: fc.constant('advance' as const),
        ms: fc.integer({ min: 0, max: 2_500 }),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({ do: fc.constantFrom('crash' as const, 'close' as const) }),
    },
  ),
  { minLength: 3, maxLength: 25 },
);

const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined, freq: 2 });
const upTo = (max: number, min = 0) => fc.integer({ min, max });
export const policies = fc.record({
  jitter: fc.constantFrom(...(['none', 'full', 'equal', 'decorrelated'] as const)),
  maxRetries: upTo(3),
  maxInterruptions: upTo(3),
  ownRetries: maybe(upTo(3)),
  totalTimeout: maybe(upTo(9_000, 1)),
  whenOpen: fc.constantFrom(...(['fail', 'wait'] as const)),
  threshold: upTo(4, 1),
  resetAfter: maybe(upTo(300, 1)),
  longRetryAfter: fc.constantFrom(...(['wait', 'end'] as const)),
  budget: maybe(
    fc.record({
      capacity: upTo(12, 1),
      whenEmpty: fc.constantFrom(...(['fail', 'wait'] as const)),
      refillPerSecond: upTo(3, 1),
    }),
  ),
  concurrency: maybe(upTo(2, 1)),
  fallback: fc.boolean(),
});
export type Given = typeof policies extends fc.Arbitrary<infer T> ? T : never;

/** Leaves out what is undefined. */
const given = <T extends object>(options: T): object =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));

/** A world in which a policy meets a list of behaviours and a list of actions. */
export class PolicyStory {
  readonly world = new World();
  readonly #options: OperationOptions<void, string>;
  readonly #behaviours: readonly Behaviour[];
  #calls = 0;
  #recovery!: DurableRecovery;
  #work!: OperationDefinition<void, string>;

  constructor(
    { jitter, ownRetries, threshold, fallback, ...others }: Given,
    list: readonly Behaviour[],
  ) {
    this.#behaviours = list;
    const linear = { initialDelay: 200, increment: 250, maxDelay: MAX_DELAY };
    const exponential = { initialDelay: 300, maxDelay: MAX_DELAY, jitter };
    this.#options = {
      ...given(others),
      timeout: 700,
      strategy: new ExponentialBackoffStrategy(exponential),
      policies: {
        timeout: {
          strategy: new LinearBackoffStrategy(linear),
          ...given({ maxRetries: ownRetries }),
        },
      },
      breakerOptions: { threshold, openTimeout: 1_500, probeTimeout: 1_200 },
      ...(fallback ? { fallback: async (_, op) => `instead: ${await this.#behave(op)}` } : {}),
    };
  }

  async #behave(op: OperationContext): Promise<string> {
    const { clock } = this.world;
    switch (this.#behaviours[this.#calls++ % this.#behaviours.length]) {
      case 'network':
        throw transient();
      case 'timeout':
        throw tooSlow();
      case 'permission':
        throw permanent();
      case 'busy':
        throw busy(this.#calls % 5);
      case 'deaf':
        return new Promise(() => {});
      case 'hang':
        return new Promise((_, reject) =>
          op.signal.addEventListener('abort', () => reject(op.signal.reason)),
        );
      case 'work':
        await new Promise<void>(resolve => clock.setTimeout(resolve, 250));
        op.progress('gets on');
        await op.step(`part ${this.#calls}`, () => 1);
        throw transient();
      default:
        return 'done';
    }
  }

  async boot(): Promise<void> {
    this.#recovery = await this.world.boot({ drainTimeout: 500 });
    this.#work = this.#recovery.operation('work', (_, op) => this.#behave(op), this.#options);
    await this.#recovery.resume();
  }

  /** Calls may be refused, but only with the library's own errors. */
  async #quietly(call: Promise<unknown>): Promise<void> {
    try {
      await call;
    } catch (error) {
      if (!(error instanceof RecoveryError)) throw error;
    }
  }

  async act(action: Action): Promise<void> {
    switch (action.do) {
      case 'advance':
        return this.world.clock.advance(action.ms);
      case 'crash':
        this.world.crash();
        return this.boot();
      case 'close':
        await this.world.close(this.#recovery);
        return this.boot();
      case 'start':
        return this.#quietly(
          this.#work
            .start(undefined, { id: action.id })
            .then(handle => void this.#quietly(handle.result())),
        );
      default:
        return this.#quietly(this.#recovery[action.do](action.id));
    }
  }

  /** Nobody does anything any more, and time goes on. */
  async calmDown(): Promise<void> {
    for (const id of IDS) await this.#quietly(this.#recovery.continue(id));
    await this.world.clock.advance(300_000);
  }

  get quarantined(): readonly unknown[] {
    return this.#recovery.health().quarantined;
  }

  async operation(id: string) {
    const view = await this.#recovery.view(id);
    const history = await this.#recovery.history(id);
    return view === undefined ? undefined : { view, history };
  }
}

/** The history of an operation in parts that each begin with a creation or an operator's retry. */
export function lives(
  history: readonly OperationTransition[],
): readonly (readonly OperationTransition[])[] {
  const parts: OperationTransition[][] = [];
  for (const transition of history) {
    if (transition.reason?.seed !== undefined) parts.push([]);
    parts.at(-1)?.push(transition);
  }
  return parts;
}
