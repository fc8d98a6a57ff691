import {
  type Clock,
  type OperationSummaryView,
  RecoveryState,
  type TimerHandle,
  type TransitionFilter,
} from '../../../services/ports.ts';
import { ServerUnreachableError } from '../../http-client/index.ts';
import type { ServerFeedItem } from '../../socket-client/index.ts';
import { systemClock } from '../../system/system-clock.ts';
import { type Io, print } from '../terminal-io.ts';
import type { Workplace } from '../workplace/workplace.ts';
import { Board, type Found } from './board.ts';
import { drawBoard } from './draw.ts';
import { guardScreen, Screen, type SignalSource } from './screen.ts';

export interface LiveListOptions {
  readonly io: Io;
  readonly place: Pick<Workplace, 'summaries' | 'breakers'>;
  /** The server's address. */
  readonly url: string;
  readonly names?: readonly string[];
  readonly states?: readonly RecoveryState[];
  /** Told what makes it pointless to go on. */
  readonly fail: (error: unknown) => void;
  /** @default the system's */
  readonly clock?: Clock;
  /** @default process */
  readonly signals?: SignalSource;
}

const UNFINISHED = [RecoveryState.PENDING, RecoveryState.IN_PROGRESS, RecoveryState.RECOVERING];
const ENDED = [RecoveryState.SUCCESS, RecoveryState.FAILED, RecoveryState.EXHAUSTED];
/** The port's largest page. */
const PAGE = 1_000;
/** Unfinished operations that are looked up at most; others show when they change. */
const MOST = 2 * PAGE;
const LATEST_ENDED = 50;
/** Milliseconds after which a look that failed is taken again. */
const AGAIN = 1_000;

/** A live list on a terminal. */
export class LiveList {
  readonly filter: TransitionFilter;
  readonly #options: LiveListOptions;
  readonly #board: Board;
  readonly #begunAt: number;
  readonly #clock: Clock;
  readonly #screen: Screen;
  readonly #unguard: () => void;
  #looking = false;
  /** What was found is missing, or out of date. */
  #stale = true;
  #stopped = false;
  #again: TimerHandle;

  constructor(options: LiveListOptions) {
    const { io, url, names, states, clock = systemClock, signals = process } = options;
    this.#options = options;
    // Of operations that leave the states which are shown it must hear as well.
    this.filter = names === undefined ? {} : { names };
    this.#board = new Board(url);
    this.#clock = clock;
    this.#begunAt = clock.now();
    const picture = (size: { readonly columns: number; readonly rows: number }) =>
      drawBoard(
        this.#board,
        { now: clock.now(), begunAt: this.#begunAt, ...(states === undefined ? {} : { states }) },
        size,
      );
    this.#screen = new Screen(io.out, picture, clock);
    this.#unguard = guardScreen(this.#screen, signals);
    this.#screen.enter();
  }

  take(item: ServerFeedItem): void {
    this.#board.take(item);
    if (item.kind === 'snapshot') this.#stale = true;
    if (item.kind === 'status' && item.status === 'live') void this.#look();
    this.#screen.changed();
  }

  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#clock.clearTimeout(this.#again);
    this.#screen.leave();
    this.#unguard();
    const ends = Object.entries(this.#board.ends).map(([state, n]) => `${n} ${state}`);
    print(this.#options.io, `ended while it was watched: ${ends.join(', ')}`);
  }

  /** Where it is gone for long the feed says when it is back; but a single request may fail too. */
  #lookAgain(): void {
    this.#clock.clearTimeout(this.#again);
    this.#again = this.#clock.setTimeout(() => {
      if (this.#board.status === 'live') void this.#look();
    }, AGAIN);
  }

  /** Finds what there is, beside what is heard. */
  async #look(): Promise<void> {
    if (!this.#stale || this.#looking || this.#stopped) return;
    this.#looking = true;
    this.#stale = false;
    this.#board.look();
    try {
      const found = await this.#find();
      this.#board.found(found);
      this.#screen.changed();
    } catch (error) {
      this.#stale = true;
      if (error instanceof ServerUnreachableError) this.#lookAgain();
      else this.#options.fail(error);
      return;
    } finally {
      this.#looking = false;
    }
    // A snapshot may have come meanwhile.
    if (this.#board.status === 'live') await this.#look();
  }

  async #find(): Promise<Found> {
    const { place, names } = this.#options;
    const named = names === undefined ? {} : { names };
    const unfinished: OperationSummaryView[] = [];
    let cursor: string | undefined;
    do {
      const page = await place.summaries({
        ...named,
        states: UNFINISHED,
        limit: PAGE,
        ...(cursor === undefined ? {} : { cursor }),
      });
      unfinished.push(...page.items);
      cursor = page.next;
    } while (cursor !== undefined && unfinished.length < MOST);
    const [ended, breakers] = await Promise.all([
      place.summaries({ ...named, states: ENDED, limit: LATEST_ENDED }),
      names === undefined ? place.breakers() : [],
    ]);
    return { unfinished, more: cursor !== undefined, ended: ended.items, breakers };
  }
}
