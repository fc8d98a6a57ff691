import type { FeedSnapshot, Recovery, TransitionFilter } from '../ports.ts';
import { concernsBreakers, concernsOperations } from './filter.ts';

export type SnapshotSource = Pick<Recovery, 'summaries' | 'breakers'>;

/** Operations in a snapshot. */
const MOST = 1_000;
/** A snapshot that is at most so many transitions old serves the next reader as well, who is then told those. */
const OLDEST = 500;
/** Filters whose last snapshot is kept. */
const KEPT = 4;

interface Kept {
  readonly position: number;
  readonly snapshot: Promise<FeedSnapshot>;
}

/** How things are, for readers that missed too much. Those that come at the same time share one. */
export class Snapshots {
  readonly #source: SnapshotSource;
  readonly #kept = new Map<string, Kept>();

  constructor(source: SnapshotSource) {
    this.#source = source;
  }

  /** @param position of the last durable transition, known before this is called: the snapshot is of then or later */
  async of(filter: TransitionFilter, position: number): Promise<FeedSnapshot> {
    const key = JSON.stringify(filter);
    const known = this.#kept.get(key);
    if (known !== undefined && known.position <= position && known.position + OLDEST >= position) {
      return known.snapshot;
    }
    const snapshot = this.#make(filter, position);
    this.#kept.delete(key);
    this.#kept.set(key, { position, snapshot });
    if (this.#kept.size > KEPT) this.#kept.delete([...this.#kept.keys()][0] as string);
    try {
      return await snapshot;
    } catch (error) {
      this.#kept.delete(key);
      throw error;
    }
  }

  async #make(filter: TransitionFilter, position: number): Promise<FeedSnapshot> {
    const { operations, more } = await this.#operations(filter);
    const { keys } = filter;
    const breakers = concernsBreakers(filter)
      ? this.#source.breakers().filter(({ key }) => keys?.includes(key) ?? true)
      : [];
    return { kind: 'snapshot', operations, breakers, more, position };
  }

  async #operations(filter: TransitionFilter): Promise<Pick<FeedSnapshot, 'operations' | 'more'>> {
    if (!concernsOperations(filter)) return { operations: [], more: false };
    const { ids, names } = filter;
    const states = filter.states as FeedSnapshot['operations'][number]['state'][] | undefined;
    const asked = { ...(ids && { ids }), ...(names && { names }), ...(states && { states }) };
    const { items, next } = await this.#source.summaries({ ...asked, limit: MOST });
    return { operations: items, more: next !== undefined };
  }
}
