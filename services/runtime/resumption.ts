import type { Logger, OperationRecord, ResumeReport, StatePersistence } from '../ports.ts';
import type { Definition } from './definition.ts';
import type { Lifecycle } from './lifecycle.ts';
import type { Rehydration } from './rehydration.ts';

/** Rows that are brought to life in one go; between two pages the event loop turns. */
const PAGE = 500;

/** `resume()`: every unfinished operation of the store goes on, once its name has a definition. */
export class Resumption {
  readonly #persistence: StatePersistence;
  readonly #rehydration: Rehydration;
  readonly #definitions: ReadonlyMap<string, Definition>;
  readonly #lifecycle: Lifecycle;
  readonly #logger: Logger;
  /** Names that no definition has yet, with how many operations wait for one. */
  readonly #undefined = new Map<string, number>();

  constructor(
    persistence: StatePersistence,
    rehydration: Rehydration,
    definitions: ReadonlyMap<string, Definition>,
    lifecycle: Lifecycle,
    logger: Logger,
  ) {
    this.#persistence = persistence;
    this.#rehydration = rehydration;
    this.#definitions = definitions;
    this.#lifecycle = lifecycle;
    this.#logger = logger;
  }

  get undefinedOperations(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#undefined);
  }

  async resume(): Promise<ResumeReport> {
    this.#undefined.clear();
    return this.#each(record => {
      const definition = this.#definitions.get(record.name);
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
      this.#logger.error({ err: error, function_name: definition.name }, 'resuming failed');
    });
  }

  async #each(
    definitionOf: (record: OperationRecord) => Definition | undefined,
  ): Promise<ResumeReport> {
    const report = { resumed: 0, quarantined: 0, undefined: 0 };
    let cursor: string | undefined;
    do {
      this.#lifecycle.refuseWhenClosed();
      const page = await this.#persistence.unfinished({
        limit: PAGE,
        ...(cursor === undefined ? {} : { cursor }),
      });
      for (const record of page.items) {
        if (this.#lifecycle.closing) return report;
        const definition = definitionOf(record);
        if (definition === undefined) report.undefined++;
        else {
          const restored = this.#rehydration.restore(definition, record);
          const operation = restored instanceof Promise ? await restored : restored;
          if (operation === undefined) report.quarantined++;
          else report.resumed++;
        }
      }
      cursor = page.next;
    } while (cursor !== undefined);
    return report;
  }
}
