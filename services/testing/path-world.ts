import { ConfigError } from '../errors.ts';
import type { OperationHandle, Recovery } from '../ports.ts';
import type { BedCall, ComingCall, PathBed } from './path-bed.ts';

export interface PathWorldOptions {
  readonly bed: PathBed<unknown>;
  readonly id: string;
  readonly breakerKey: string;
  /** Operations that have all slots together. */
  readonly slots: number;
  /** The lock of the operation, where it needs one. */
  readonly lock: string | undefined;
}

const SLOT_TAKER = 'path: takes a slot';
const LOCK_TAKER = 'path: takes the lock';
/** Longer than any path: others go when they are told to. Milliseconds. */
const UNLIMITED = 1_000_000_000_000;

/** Defines the operations that stand in the way of the one that a path is about. They have nothing in common with it but slots and lock. */
export function defineOthers(recovery: Recovery): void {
  const options = { breaker: false, timeout: UNLIMITED, totalTimeout: UNLIMITED } as const;
  recovery.operation<unknown, void>(SLOT_TAKER, () => {}, options);
  recovery.operation<unknown, void>(LOCK_TAKER, () => {}, { ...options, lock: String });
}

/** What surrounds the operation of a path: its breaker, and other operations that have its slots or its lock. */
export class PathWorld {
  readonly #options: PathWorldOptions;
  /** The other operations, with their calls. */
  readonly #others = new Map<string, BedCall>();
  #made = 0;

  constructor(options: PathWorldOptions) {
    this.#options = options;
  }

  /** The call of another operation is held until it has to go. */
  decide({ op, kind }: ComingCall): BedCall | undefined {
    return kind === 'function' ? this.#others.get(op.id) : undefined;
  }

  get isOccupied(): boolean {
    return this.#others.size > 0;
  }

  /** Others take all slots, or the lock. */
  async occupy(what: 'busy' | 'locked'): Promise<void> {
    if (this.isOccupied) return;
    const { bed, id, slots, lock } = this.#options;
    const name = what === 'busy' ? SLOT_TAKER : LOCK_TAKER;
    const definition = bed.recovery.definition(name);
    if (definition === undefined) throw new ConfigError(`there is no definition of "${name}"`);
    for (let other = 0; other < (what === 'busy' ? slots : 1); other++) {
      const otherId = `${id}-other-${++this.#made}`;
      this.#others.set(
        otherId,
        bed.faults.held(op => op),
      );
      quietly(definition.start(lock, { id: otherId }));
    }
    await bed.settle();
  }

  /** The others end. */
  async vacate(): Promise<void> {
    for (const call of this.#others.values()) call.succeed();
    await this.#options.bed.settle();
    this.#others.clear();
  }

  /** After the death of the process: the others are no more, before anything goes on. */
  async bury(): Promise<void> {
    const { recovery } = this.#options.bed;
    for (const id of this.#others.keys()) {
      if ((await recovery.view(id)) !== undefined) quietly(recovery.cancel(id));
    }
    this.#others.clear();
    await this.#options.bed.settle();
  }

  /** The breaker lets it try. */
  async letThrough(): Promise<void> {
    const { bed, breakerKey } = this.#options;
    const breaker = bed.recovery.breaker(breakerKey);
    if (breaker === undefined || GRANTING.includes(breaker.state)) return;
    quietly(breaker.reset({ reason: 'a path wants it to let through' }));
    await bed.settle();
  }

  /** The breaker lets nothing through, until it is told to. */
  async isolate(): Promise<void> {
    const { bed, breakerKey } = this.#options;
    if (bed.recovery.breaker(breakerKey)?.state === 'isolated') return;
    const reason = 'a path wants it to let nothing through';
    quietly(bed.recovery.forceBreaker(breakerKey, 'isolated', { reason }));
    await bed.settle();
  }

  get tokens(): number | undefined {
    const { bed, breakerKey } = this.#options;
    return bed.recovery.breaker(breakerKey)?.tokens ?? undefined;
  }
}

const GRANTING: readonly string[] = ['closed', 'forced_closed', 'metrics_only'];

/** What becomes of it is seen in the store. */
export function quietly(
  call: Promise<unknown>,
  then: (value: OperationHandle) => void = () => {},
): void {
  call.then(
    value => then(value as OperationHandle),
    () => {},
  );
}
