import { Gauge } from 'prom-client';
import { type BreakerState, type Recovery, BreakerState as STATES } from '../../services/ports.ts';
import type { Naming } from './counted.ts';

/** What is the case at the moment: gauges that are looked up when somebody reads. */
export class LookedUp {
  readonly #naming: Naming;
  readonly #recovery: Pick<Recovery, 'health' | 'breakers'>;
  readonly #position: () => number;
  readonly #live: Gauge;
  readonly #running: Gauge;
  readonly #waiting: Gauge<'reason'>;
  readonly #quarantined: Gauge;
  readonly #undefined: Gauge;
  readonly #healthy: Gauge;
  readonly #storeSize: Gauge;
  readonly #streamPosition: Gauge;
  readonly #breakers: Gauge<'key' | 'state'>;

  constructor(
    naming: Naming,
    recovery: Pick<Recovery, 'health' | 'breakers'>,
    position: () => number,
  ) {
    this.#naming = naming;
    this.#recovery = recovery;
    this.#position = position;
    const { registry, prefix } = naming;
    const gauge = <Label extends string>(name: string, help: string, labelNames: Label[]) =>
      new Gauge<Label>({ name: prefix + name, help, labelNames, registers: [registry] });
    this.#live = gauge('live_operations', 'Operations whose actor lives in this process.', []);
    this.#running = gauge('slots_taken', 'Operations of limited definitions that have a slot.', []);
    this.#waiting = gauge(
      'waiting_operations',
      'Operations that wait for a slot, to begin (pending) or to retry (retrying), or for a lock (locked).',
      ['reason'],
    );
    this.#quarantined = gauge(
      'quarantined_operations',
      'Operations whose stored form does not fit; kept, not run.',
      [],
    );
    this.#undefined = gauge(
      'undefined_operations',
      'Unfinished operations whose name has no definition yet.',
      [],
    );
    this.#healthy = gauge('store_healthy', 'Whether the store takes commits: 1 or 0.', []);
    this.#storeSize = gauge('store_size_bytes', 'Size of the store on disk.', []);
    this.#streamPosition = gauge(
      'stream_position',
      'Position of the last durable transition, seen since the metrics began.',
      [],
    );
    this.#breakers = gauge(
      'breaker_state',
      'Circuit breakers of a key that are in a state: 1 or 0, or how many of the key other.',
      ['key', 'state'],
    );
  }

  read(): void {
    const { persistence, active, slots, locks, quarantined, undefinedOperations } =
      this.#recovery.health();
    this.#live.set(active);
    this.#running.set(slots.running);
    this.#waiting.set({ reason: 'pending' }, slots.pending);
    this.#waiting.set({ reason: 'retrying' }, slots.retrying);
    this.#waiting.set({ reason: 'locked' }, locks.waiting);
    this.#quarantined.set(quarantined.length);
    const counts = Object.values(undefinedOperations);
    this.#undefined.set(counts.reduce((sum, count) => sum + count, 0));
    this.#healthy.set(persistence.healthy ? 1 : 0);
    if (persistence.bytes !== undefined) this.#storeSize.set(persistence.bytes);
    this.#streamPosition.set(this.#position());
    this.#readBreakers();
  }

  /** A breaker that was forgotten leaves; each that there is stands in all states, so that alerts see it change. */
  #readBreakers(): void {
    const { keys } = this.#naming;
    this.#breakers.reset();
    const counted = new Map<string, Map<BreakerState, number>>();
    for (const { key: given, state } of this.#recovery.breakers()) {
      const key = keys.of(given);
      const states = counted.get(key) ?? new Map<BreakerState, number>();
      counted.set(key, states.set(state, (states.get(state) ?? 0) + 1));
    }
    for (const [key, states] of counted) {
      for (const state of Object.values(STATES)) {
        this.#breakers.set({ key, state }, states.get(state) ?? 0);
      }
    }
  }
}
