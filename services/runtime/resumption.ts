import type { Clock, Logger, OperationRecord, ResumeReport, StatePersistence } from '../ports.ts';
import type { Definition } from './definition.ts';
import type { Lifecycle } from './lifecycle.ts';
import type { LiveOperation } from './live-operation.ts';
import { isUnfinished } from './operation-snapshot.ts';
import type { Rehydration } from './rehydration.ts';
import type { Turns } from './turns.ts';

/** The longest that what is due waits for `resume()` to bring everything to life; a store of a million operations takes longer. Milliseconds. */
const LONGEST_HOLD = 5_000;

/** Rows that are brought to life in one go; between two pages the event loop turns. */
const PAGE = 500;

export interface ResumptionParts {
  readonly persistence: StatePersistence;
  readonly clock: Clock;
  readonly rehydration: Rehydration;
  readonly definitions: ReadonlyMap<string, Definition>;
  readonly lifecycle: Lifecycle;
  readonly logger: Logger;
  readonly turns: Turns;
}

/** `resume()`: every unfinished operation of the store goes on, once its name has a definition. */
export class Resumption {
  readonly #parts: ResumptionParts;
  #resuming: Promise<ResumeReport> | undefined;
  /** Names that no definition has yet, with how many operations wait for one. */
  readonly #undefined = new Map<string, number>();

  constructor(parts: ResumptionParts) {
    this.#parts = parts;
  }

  get undefinedOperations(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#undefined);
  }

  /** Calls while one is under way share its report. */
  resume(): Promise<ResumeReport> {
    this.#resuming ??= this.#held().finally(() => {
      this.#resuming = undefined;
    });
    return this.#resuming;
  }

  async #held(): Promise<ResumeReport> {
    const { lifecycle, clock } = this.#parts;
    lifecycle.hold();
    const timer = clock.setTimeout(() => lifecycle.release(), LONGEST_HOLD);
    try {
      return await this.#all();
    } finally {
      clock.clearTimeout(timer);
      lifecycle.release();
    }
  }

  #all(): Promise<ResumeReport> {
    this.#undefined.clear();
    return this.#each(record => {
      const definition = this.#parts.definitions.get(record.name);
      if (definition === undefined) {
        this.#undefined.set(record.name, (this.#undefined.get(record.name) ?? 0) + 1);
      }
      return definition;
    });
  }

  /** A definition has come: what waited for it goes on. */
  defined(definition: Definition): void {
    if (!this.#undefined.delete(definition.name)) return;
    const mine = (record: OperationRecord) =>
      record.name === definition.name ? definition : undefined;
    this.#each(mine).catch((error: unknown) => {
      this.#parts.logger.error({ err: error, function_name: definition.name }, 'resuming failed');
    });
  }

  async #each(definitionOf: DefinitionOf): Promise<ResumeReport> {
    const { persistence, lifecycle, turns } = this.#parts;
    const report = { resumed: 0, quarantined: 0, undefined: 0 };
    let cursor: string | undefined;
    do {
      lifecycle.refuseWhenClosed();
      const stale = turns.watch();
      try {
        const page = await persistence.unfinished({
          limit: PAGE,
          ...(cursor === undefined ? {} : { cursor }),
        });
        for (const record of page.items) {
          if (lifecycle.closing) return report;
          const one = this.#one(record, stale, definitionOf);
          const fate = one instanceof Promise ? await one : one;
          if (fate !== undefined) report[fate]++;
        }
        cursor = page.next;
      } finally {
        turns.unwatch(stale);
      }
    } while (cursor !== undefined);
    return report;
  }

  /** What becomes of a row; undefined when it turns out to be finished. No promise where none is needed. */
  #one(
    record: OperationRecord,
    stale: ReadonlySet<string>,
    definitionOf: DefinitionOf,
  ): Fate | undefined | Promise<Fate | undefined> {
    const definition = definitionOf(record);
    if (definition === undefined) return 'undefined';
    const { rehydration, persistence, lifecycle, turns } = this.#parts;
    if (record.version === definition.version && !stale.has(record.id)) {
      return fateOf(rehydration.restore(definition, record) as LiveOperation | undefined);
    }
    return turns.take(record.id, async () => {
      // The turn may have come by the very close.
      if (lifecycle.closing) return undefined;
      const now = await persistence.find(record.id);
      if (now === undefined || !isUnfinished(now) || lifecycle.closing) return undefined;
      return fateOf(await rehydration.restore(definition, now));
    });
  }
}

type Fate = keyof ResumeReport;
type DefinitionOf = (record: OperationRecord) => Definition | undefined;

const fateOf = (operation: LiveOperation | undefined): Fate =>
  operation === undefined ? 'quarantined' : 'resumed';
