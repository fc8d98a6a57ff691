import { stat } from 'node:fs/promises';
import {
  OperationConflictError,
  OperationNotFoundError,
  ValidationError,
} from '../../../services/errors.ts';
import type {
  BreakerOrder,
  BreakerView,
  ForcedBreakerState,
  ForceOptions,
  ListQuery,
  OperationSummaryView,
  OperationView,
  Page,
  Recovery,
} from '../../../services/ports.ts';
import { Company, type MayGoOn } from './company.ts';
import { holdUpInWords } from './hold-up.ts';
import { STILL, unlessStill } from './standstill.ts';
import type { Follower, OperationDetails, Running, Steered, Workplace } from './workplace.ts';

/** A store that this process has opened. */
export class StoreWorkplace implements Workplace {
  readonly #recovery: Recovery;
  readonly #company: Company;
  #note: Follower['note'] = () => {};

  /** @param mayGoOn throws where an operation that another process has left must not go on in this one. @default all may */
  constructor(recovery: Recovery, mayGoOn: MayGoOn = async () => {}) {
    this.#recovery = recovery;
    this.#company = new Company(recovery, mayGoOn);
  }

  list(query: ListQuery): Promise<Page<OperationView>> {
    return this.#recovery.list(query);
  }

  summaries(query: ListQuery): Promise<Page<OperationSummaryView>> {
    return this.#recovery.summaries(query);
  }

  view(id: string): Promise<OperationView | undefined> {
    return this.#recovery.view(id);
  }

  async details(id: string): Promise<OperationDetails> {
    const view = await this.#recovery.view(id);
    if (view === undefined) throw new OperationNotFoundError(id);
    const [steps, history] = await Promise.all([
      this.#recovery.steps(id),
      this.#recovery.history(id),
    ]);
    return { view, steps, history };
  }

  async cancel(id: string, reason?: string): Promise<Steered> {
    return this.#steered(id, await this.#recovery.cancel(id, reason));
  }

  async pause(id: string): Promise<Steered> {
    return this.#steered(id, await this.#recovery.pause(id));
  }

  async continue(id: string): Promise<Steered> {
    return this.#steered(id, await this.#recovery.continue(id));
  }

  async #steered(id: string, changed: boolean): Promise<Steered> {
    return { changed, operation: await this.#recovery.view(id) };
  }

  async breakers(): Promise<readonly BreakerView[]> {
    return this.#recovery.breakers();
  }

  async forceBreaker(
    key: string,
    to: ForcedBreakerState,
    options: ForceOptions,
  ): Promise<BreakerView> {
    await this.#recovery.forceBreaker(key, to, options);
    // It is there now, whether or not it was before.
    return viewOf(this.#recovery.breaker(key) as BreakerView);
  }

  async resetBreaker(key: string, order: BreakerOrder): Promise<BreakerView | undefined> {
    const breaker = this.#recovery.breaker(key);
    await breaker?.reset(order);
    return breaker && viewOf(this.#recovery.breaker(key) ?? breaker);
  }

  retry(id: string): Promise<Running> {
    return this.#recovery.retry(id);
  }

  async start(name: string, input: unknown, id: string): Promise<Running> {
    const definition = this.#recovery.definition(name);
    if (definition === undefined) {
      throw new ValidationError(`no operation "${name}" is defined in this program`);
    }
    return definition.start(input, { id });
  }

  async goOn(id: string): Promise<Running | undefined> {
    return this.#company.bring(id);
  }

  async outcomes(running: readonly Running[]): Promise<readonly PromiseSettledResult<unknown>[]> {
    for (const each of running) this.#company.begun(each);
    const outcomes: PromiseSettledResult<unknown>[] = [];
    const all = Promise.all(
      running.map(async (each, index) => {
        [outcomes[index]] = await Promise.allSettled([each.result()]);
      }),
    );
    const waits = this.#recovery.transitions$.subscribe(({ event }) => {
      // What cannot be read now is read again when nothing goes on any more.
      if (event === 'lock.wait') this.#bringHolders().catch(() => undefined);
    });
    try {
      while ((await unlessStill(all)) === STILL) {
        if ((await this.#bringHolders()) > 0) continue;
        return await Promise.all(
          running.map(async ({ id }, index) => outcomes[index] ?? this.#heldUp(id)),
        );
      }
      // Nothing that belongs to them lives on.
      if (this.#recovery.health().active === 0) return outcomes;
      const ids = running.map(({ id }) => id);
      // The outcomes stand, whatever becomes of this; what is left is for `resume`.
      await unlessStill(this.#company.settled(ids).catch(() => undefined));
      return outcomes;
    } finally {
      waits.unsubscribe();
    }
  }

  #bringHolders(): Promise<number> {
    return this.#company.bringHolders(id =>
      this.#note(`going on with "${id}" first, which has what this waits for`),
    );
  }

  async #heldUp(id: string): Promise<PromiseRejectedResult> {
    const words = await holdUpInWords(this.#recovery, this.#company, id);
    const reason = new OperationConflictError(words, { details: { operationId: id } });
    return { status: 'rejected', reason };
  }

  async follow(ids: readonly string[], follower: Follower): Promise<() => void> {
    const followed = new Set(ids);
    this.#note = line => follower.note(line);
    const transitions = this.#recovery.transitions$.subscribe(transition => {
      if (transition.kind === 'operation' && followed.has(transition.operationId)) {
        follower.transition(transition);
      }
    });
    const progress = this.#recovery.progress$.subscribe(value => {
      if (followed.has(value.operationId)) follower.progress(value);
    });
    return () => {
      transitions.unsubscribe();
      progress.unsubscribe();
    };
  }

  leave(): void {
    // Its failure shows in the outcomes, and again when the store is closed at the end.
    this.#recovery.close().catch(() => undefined);
  }

  whereItGoesOn(): undefined {
    return undefined;
  }

  async hasFile(file: string, bytes: number): Promise<boolean> {
    const found = await stat(file).catch(() => undefined);
    return found?.isFile() === true && found.size === bytes;
  }

  async hasFolder(folder: string): Promise<boolean> {
    return (await stat(folder).catch(() => undefined))?.isDirectory() === true;
  }

  close(): Promise<void> {
    return this.#recovery.close();
  }
}

/** A handle's data without what can be done with it. */
function viewOf(breaker: BreakerView): BreakerView {
  return JSON.parse(JSON.stringify(breaker));
}
