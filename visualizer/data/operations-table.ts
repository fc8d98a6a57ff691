import { createActor, fromPromise } from 'xstate';
import type { Http } from '../connection/http.ts';
import type { Batch, Hub } from '../connection/hub.ts';
import { type LoadingContext, loadingMachine } from '../connection/loading-machine.ts';
import { RowStore } from './row-store.ts';
import { type Criteria, RowView } from './row-view.ts';
import { inSlices, type Slicing } from './slices.ts';
import type { RecoveryUpdate, Summary } from './wire.ts';

/** What a table shows; the same object as long as nothing has changed. */
export interface TableState {
  /** Grows with each change of the rows. */
  readonly version: number;
  readonly loading: LoadingContext;
  readonly phase: 'idle' | 'reading' | 'breathing' | 'complete' | 'full' | 'failed';
  /** A new filter or order is being worked out. */
  readonly isSorting: boolean;
}

type Intake =
  | { readonly kind: 'update'; readonly update: RecoveryUpdate }
  | { readonly kind: 'summary'; readonly summary: Summary };

/** Rows that the page keeps at most. */
const MOST = 200_000;
/** Of new operations an update does not tell everything; the newest are read again after so many milliseconds. */
const REREAD = 5_000;

/** All operations, live: read page by page, changed by what happens, in the order and by the filter that is asked for. */
export class OperationsTable {
  store = new RowStore();
  view = new RowView(this.store);
  readonly #http: Http;
  readonly #slicing: Slicing;
  readonly #listeners = new Set<() => void>();
  readonly #loader;
  #state: TableState;
  /** What has come while an order is worked out: the rows must not change then. */
  #intake: Intake[] = [];
  #sorting: AbortController | undefined;
  #reread: ReturnType<typeof setTimeout> | undefined;
  #generation = 0;

  constructor(http: Http, hub: Hub, slicing: Slicing = {}) {
    this.#http = http;
    this.#slicing = slicing;
    this.#loader = createActor(
      loadingMachine.provide({
        actors: {
          readPage: fromPromise(async ({ input, signal }) => {
            const generation = this.#generation;
            const { operations, next } = await http.operations(input.cursor, signal);
            if (generation === this.#generation) this.add(operations);
            return { count: operations.length, next };
          }),
        },
      }),
      { input: { most: MOST } },
    );
    const { context } = this.#loader.getSnapshot();
    this.#state = { version: 0, loading: context, phase: 'idle', isSorting: false };
    this.#loader.subscribe(({ context: loading, value }) =>
      this.#change({ loading, phase: value as TableState['phase'] }),
    );
    this.#loader.start();
    hub.listen(batch => this.#happened(batch));
  }

  /** Begins to read; does nothing where it has begun. */
  start(): void {
    this.#loader.send({ type: 'start' });
  }

  /** Forgets everything and reads again. */
  reload(): void {
    this.#generation += 1;
    this.store = new RowStore();
    const { criteria } = this.view;
    this.view = new RowView(this.store);
    this.#intake = [];
    this.#loader.send({ type: 'again' });
    void this.arrange(criteria);
  }

  /** Filters and sorts anew, in slices; what is shown stays until it is done. */
  async arrange(criteria: Criteria): Promise<void> {
    this.#sorting?.abort();
    const sorting = new AbortController();
    this.#sorting = sorting;
    this.#change({ isSorting: true });
    const work = this.view.rebuild(criteria);
    await inSlices(work, { ...this.#slicing, signal: sorting.signal });
    if (this.#sorting !== sorting) return;
    this.#sorting = undefined;
    const waiting = this.#intake;
    this.#intake = [];
    this.#takeIn(waiting);
    this.#change({ isSorting: false, version: this.#state.version + 1 });
  }

  /** Takes in operations that somebody has read. */
  add(operations: readonly Summary[]): void {
    this.#takeIn(operations.map(summary => ({ kind: 'summary', summary })));
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  state = (): TableState => this.#state;

  #happened({ updates, snapshots, gap, anew }: Batch): void {
    if (this.#state.phase === 'idle') return;
    if (anew) {
      this.reload();
      return;
    }
    this.#takeIn([
      ...snapshots.flatMap(({ operations }) =>
        operations.map((summary): Intake => ({ kind: 'summary', summary })),
      ),
      ...updates.map((update): Intake => ({ kind: 'update', update })),
    ]);
    // A snapshot that is not all there is says nothing about the rest.
    if (snapshots.some(({ more }) => more)) this.#loader.send({ type: 'again' });
    if (gap || updates.some(({ seq }) => seq === 1)) this.#readNewestSoon();
  }

  /** New operations come without their breaker's key. */
  #readNewestSoon(): void {
    this.#reread ??= setTimeout(async () => {
      this.#reread = undefined;
      const page = await this.#http.operations(undefined).catch(() => undefined);
      if (page === undefined) return;
      this.add(page.operations);
    }, REREAD);
  }

  #takeIn(intake: readonly Intake[]): void {
    if (intake.length === 0) return;
    if (this.#sorting !== undefined) {
      this.#intake.push(...intake);
      return;
    }
    const changed: number[] = [];
    for (const each of intake) {
      const row =
        each.kind === 'update' ? this.store.apply(each.update) : this.store.put(each.summary);
      if (row !== undefined) changed.push(row);
    }
    this.view.take(changed);
    // A page that stays open for days forgets the oldest.
    if (this.store.size > 2 * MOST) this.reload();
    else this.#change({ version: this.#state.version + 1 });
  }

  #change(change: Partial<TableState>): void {
    this.#state = { ...this.#state, ...change };
    for (const listener of [...this.#listeners]) listener();
  }
}
