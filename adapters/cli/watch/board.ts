import {
  type BreakerView,
  type OperationSummaryView,
  type OperationTransition,
  type Reason,
  RecoveryState,
} from '../../../services/ports.ts';
import type { FeedStatus, ServerFeedItem } from '../../socket-client/index.ts';
import { isFinal } from '../display/status.ts';
import { Notices } from './notices.ts';

/** An operation on the board. */
export interface Entry {
  readonly id: string;
  readonly name: string;
  readonly state: RecoveryState;
  readonly attempt: number;
  /** Why it is in that state, in words. */
  readonly why: string;
  /** When its wait ends; `null` when it waits for no instant. */
  readonly dueAt: number | null;
  /** The last value that its function told. */
  readonly progress: unknown;
  /** When it came into that state. */
  readonly since: number;
}

/** What was found at the server at one moment. */
export interface Found {
  readonly unfinished: readonly OperationSummaryView[];
  /** There are more unfinished ones than these. */
  readonly more: boolean;
  /** In any order. */
  readonly ended: readonly OperationSummaryView[];
  readonly breakers: readonly BreakerView[];
}

/** Ended operations that are kept in view. */
const ENDED = 200;
const NO_ENDS = { success: 0, failed: 0, exhausted: 0 };

/** What is known of a server's operations and breakers: what was found there, and what was heard since. */
export class Board {
  readonly url: string;
  readonly #notices: Notices;
  readonly #underWay = new Map<string, Entry>();
  #ended: Entry[] = [];
  readonly #breakers = new Map<string, string>();
  /** Who has been heard of since a look began; what was heard is at least as new as what will be found. */
  #heard: Set<string> | undefined;
  #more = false;
  #ends = { ...NO_ENDS };
  #status: FeedStatus = 'connecting';
  #notice = '';

  constructor(url: string) {
    this.url = url;
    this.#notices = new Notices(url);
  }

  get status(): FeedStatus {
    return this.#status;
  }

  /** The last thing that there was to say of the connection. */
  get notice(): string {
    return this.#notice;
  }

  /** In no order. */
  get underWay(): Iterable<Entry> {
    return this.#underWay.values();
  }

  /** Newest first. */
  get ended(): readonly Entry[] {
    return this.#ended;
  }

  /** There are unfinished ones that were neither found nor heard of. */
  get more(): boolean {
    return this.#more;
  }

  /** Operations that ended since the watch began. */
  get ends(): Readonly<typeof NO_ENDS> {
    return this.#ends;
  }

  /** State by key, of those that are not closed. */
  get breakersInTrouble(): readonly (readonly [key: string, state: string])[] {
    return [...this.#breakers].filter(([, state]) => state !== 'closed');
  }

  take(item: ServerFeedItem): void {
    this.#notice = this.#notices.of(item) ?? this.#notice;
    if (item.kind === 'status') this.#status = item.status;
    if (item.kind === 'progress') {
      const { operationId, value } = item.progress;
      const entry = this.#underWay.get(operationId);
      if (entry !== undefined) this.#underWay.set(operationId, { ...entry, progress: value });
    }
    if (item.kind !== 'transition') return;
    const { transition } = item;
    if (transition.kind === 'operation') this.#changed(transition);
    else {
      this.#heard?.add(breakerId(transition.key));
      this.#breakers.set(transition.key, transition.to);
    }
  }

  /** Somebody begins to look: what is heard from now on is newer than what will be found. */
  look(): void {
    this.#heard = new Set();
  }

  /** What the look has found takes the place of what was known before it began. */
  found({ unfinished, more, ended, breakers }: Found): void {
    const heard = this.#heard ?? new Set();
    this.#heard = undefined;
    for (const id of this.#underWay.keys()) if (!heard.has(id)) this.#underWay.delete(id);
    for (const view of unfinished) {
      if (!heard.has(view.id)) this.#underWay.set(view.id, entryOf(view));
    }
    this.#more = more;
    const kept = this.#ended.filter(({ id }) => heard.has(id));
    const others = ended.filter(({ id }) => !heard.has(id)).map(entryOf);
    this.#ended = [...kept, ...others].sort((a, b) => b.since - a.since).slice(0, ENDED);
    for (const key of this.#breakers.keys()) {
      if (!heard.has(breakerId(key))) this.#breakers.delete(key);
    }
    for (const { key, state } of breakers) {
      if (!heard.has(breakerId(key))) this.#breakers.set(key, state);
    }
  }

  #changed({ operationId: id, name, to: state, attempt, reason, at: since }: OperationTransition) {
    this.#heard?.add(id);
    const before = this.#underWay.get(id);
    const entry: Entry = {
      id,
      name,
      state,
      attempt,
      why: wordsFor(reason),
      dueAt: reason?.dueAt ?? null,
      // What an attempt told is of no use once the next one has begun.
      progress: before?.attempt === attempt ? before.progress : null,
      since,
    };
    this.#ended = this.#ended.filter(each => each.id !== id);
    if (!isFinal(state)) {
      this.#underWay.set(id, entry);
      return;
    }
    this.#underWay.delete(id);
    this.#ended = [entry, ...this.#ended].slice(0, ENDED);
    this.#ends = { ...this.#ends, [state]: this.#ends[state as keyof typeof NO_ENDS] + 1 };
  }
}

/** Keys and ids are kept in one set. */
const breakerId = (key: string): string => `breaker ${key}`;

/** That it was created, or that it succeeded, its state says already. */
function wordsFor(reason: Reason | null): string {
  if (reason === null || reason.kind === 'created' || reason.kind === 'succeeded') return '';
  return reason.message;
}

function entryOf(view: OperationSummaryView): Entry {
  const { id, name, state, path, attempt, dueAt, errorMessage, updatedAt: since } = view;
  const error = state === RecoveryState.SUCCESS ? '' : (errorMessage ?? '');
  const why = path.endsWith('.paused') ? 'it is paused' : error;
  return { id, name, state, attempt, dueAt, since, why, progress: null };
}
