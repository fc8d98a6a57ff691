import type { Recovery, RecoveryHealth, RecoveryMetrics } from '../../services/ports.ts';
import { breakerOf, type OverviewResource, summaryOf } from '../../services/protocol.ts';
import { KeptAnswer } from './kept-answer.ts';
import type { Timeline } from './timeline.ts';

/** Milliseconds for which what the store says is good, however many pages look. */
const KEEP = 1_000;
const NEWEST = 10;
const MOST_LISTED = 100;
const MOST_BREAKERS = 20;

/** How it all is at the moment, at a price that does not grow with those who look. */
export class Overview {
  readonly #recovery: Recovery;
  readonly #timeline: Timeline;
  readonly #stored: KeptAnswer<Awaited<ReturnType<typeof readStore>>>;

  constructor(recovery: Recovery, timeline: Timeline) {
    this.#recovery = recovery;
    this.#timeline = timeline;
    this.#stored = new KeptAnswer(() => readStore(recovery), KEEP);
  }

  async read(): Promise<OverviewResource> {
    const { counts, position, exhausted, failed } = await this.#stored.get();
    const health = this.#recovery.health();
    const { running, pending, retrying } = health.slots;
    return {
      counts,
      position,
      at: new Date().toISOString(),
      active: health.active,
      backlog: { running, pending, retrying },
      metrics: metricsOf(this.#recovery.metrics),
      definitions: [...this.#recovery.definitionNames],
      attention: { exhausted, failed, ...attentionOf(health) },
      persistence: persistenceOf(health),
      timeline: this.#timeline.read(),
    };
  }
}

async function readStore(recovery: Recovery) {
  // The position first: who follows from there on is told all that the rest does not show yet.
  const position = await recovery.position();
  const newest = async (state: 'exhausted' | 'failed') => {
    const { items } = await recovery.summaries({ states: [state], limit: NEWEST });
    return items.map(summaryOf);
  };
  const [counts, exhausted, failed] = await Promise.all([
    recovery.counts(),
    newest('exhausted'),
    newest('failed'),
  ]);
  return { position, counts, exhausted, failed };
}

const metricsOf = (metrics: RecoveryMetrics): OverviewResource['metrics'] => ({
  started: metrics.started,
  succeeded: metrics.succeeded,
  failed: metrics.failed,
  exhausted: metrics.exhausted,
  recovered: metrics.recovered,
  attempts: metrics.attempts,
  retries: metrics.retries,
  interruptions: metrics.interruptions,
  breaker_trips: metrics.breakerTrips,
  average_recovery_time: metrics.averageRecoveryTime,
});

/** What waits for a person, besides operations that ended badly. */
function attentionOf({ quarantined, undefinedOperations, breakers }: RecoveryHealth) {
  const names = Object.entries(undefinedOperations).sort(([, a], [, b]) => b - a);
  return {
    quarantined: quarantined
      .slice(0, MOST_LISTED)
      .map(({ id, name, why }) => ({ operation_id: id, function_name: name, why })),
    undefined_operations: Object.fromEntries(names.slice(0, MOST_LISTED)),
    // Those in trouble come first.
    breakers: breakers
      .filter(({ state }) => state !== 'closed')
      .slice(0, MOST_BREAKERS)
      .map(breakerOf),
  };
}

/** Where the store is on its machine is nobody's business who looks from elsewhere. */
function persistenceOf({ persistence }: RecoveryHealth): OverviewResource['persistence'] {
  const { healthy, location, bytes = null, problem } = persistence;
  const name = /[^/\\]*$/.exec(location)?.[0] ?? '';
  const place = location.slice(0, location.length - name.length);
  return {
    healthy,
    location: name,
    bytes,
    problem: problem === undefined ? null : place === '' ? problem : problem.replaceAll(place, ''),
  };
}
