import type { Subscription } from 'rxjs';
import type { Progress, Recovery } from '../../services/ports.ts';
import { progressOf, type Subscribe } from '../../services/protocol.ts';
import { frameOf } from './frame.ts';
import type { Wire } from './wire.ts';

/** Milliseconds between two values of the same operation that a client is told. */
const INTERVAL = 100;
/** Operations whose progress is told at once; of more the latest to speak are. */
const MOST = 1_000;

interface Listener {
  readonly wire: Wire;
  readonly wants: (progress: Progress) => boolean;
}

/** Tells clients how far operations are: the latest value of each, ten times a second, and nothing to a client that is busy reading. */
export class ProgressTeller {
  readonly #source: Pick<Recovery, 'progress$'>;
  readonly #listeners = new Map<Wire, Listener>();
  readonly #latest = new Map<string, Progress>();
  #subscription: Subscription | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(source: Pick<Recovery, 'progress$'>) {
    this.#source = source;
  }

  /** Replaces what the client was told before. */
  add(wire: Wire, subscription: Subscribe): void {
    this.#listeners.set(wire, { wire, wants: wantedBy(subscription) });
    this.#subscription ??= this.#source.progress$.subscribe(progress => this.#heard(progress));
  }

  remove(wire: Wire): void {
    this.#listeners.delete(wire);
    if (this.#listeners.size > 0) return;
    this.#subscription?.unsubscribe();
    this.#subscription = undefined;
    this.#latest.clear();
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #heard(progress: Progress): void {
    const { operationId } = progress;
    // Deleted first, so that it goes to the end.
    if (!this.#latest.delete(operationId) && this.#latest.size === MOST) {
      const [oldest] = this.#latest.keys();
      this.#latest.delete(oldest as string);
    }
    this.#latest.set(operationId, progress);
    this.#timer ??= setTimeout(() => this.#tell(), INTERVAL);
  }

  #tell(): void {
    this.#timer = undefined;
    const values = [...this.#latest.values()];
    this.#latest.clear();
    const frames = values.map(progress => frameOf('progress', progressOf(progress)));
    for (const { wire, wants } of this.#listeners.values()) {
      wire.offer(frames.filter((_, index) => wants(values[index] as Progress)));
    }
  }
}

/** The side of operations in a feed's filter; states have no say, since progress is made in one of them only. */
function wantedBy({ ids, names, keys }: Subscribe): (progress: Progress) => boolean {
  const onlyBreakers = keys !== undefined && ids === undefined && names === undefined;
  const [idSet, nameSet] = [ids && new Set(ids), names && new Set(names)];
  return ({ operationId, name }) =>
    !onlyBreakers && (idSet?.has(operationId) ?? true) && (nameSet?.has(name) ?? true);
}
