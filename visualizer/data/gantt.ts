import { instantOf } from './time.ts';
import type { RecoveryUpdate } from './wire.ts';

export type SpanKind = 'queued' | 'attempt' | 'fallback' | 'undo' | 'wait' | 'blocked' | 'paused';

/** How an attempt ended. */
export type SpanOutcome = 'succeeded' | 'failed' | 'interrupted' | 'suspended' | 'cancelled';

/** A stretch of time in which an operation did one thing. */
export interface Span {
  readonly kind: SpanKind;
  readonly from: number;
  /** `null` while it lasts. */
  readonly to: number | null;
  readonly attempt: number;
  /** Of attempts and fallbacks that have ended. */
  readonly outcome: SpanOutcome | null;
  /** Index of the transition that began it. */
  readonly index: number;
}

/** What an operation did, by its history in the order of `seq`. While it has ended, before an operator lets it try again, it does nothing. */
export function spansOf(history: readonly RecoveryUpdate[]): readonly Span[] {
  const spans: Span[] = [];
  history.forEach((update, index) => {
    const kind = kindOf(update);
    if (kind === null) return;
    const next = history[index + 1];
    spans.push({
      kind,
      from: instantOf(update.timestamp) ?? 0,
      to: next === undefined ? null : instantOf(next.timestamp),
      attempt: update.attempt,
      outcome: CALLS.has(kind) ? outcomeOf(next) : null,
      index,
    });
  });
  return spans;
}

function kindOf({ state, from_state, event, reason }: RecoveryUpdate): SpanKind | null {
  if (reason?.kind === 'paused') return 'paused';
  if (state === 'pending') return event === 'lock.wait' ? 'blocked' : 'queued';
  if (state === 'in_progress' && reason?.kind === 'undo') return 'undo';
  if (state === 'in_progress') return from_state === 'in_progress' ? 'fallback' : 'attempt';
  if (state !== 'recovering') return null;
  return reason?.kind === 'circuit_open' || reason?.kind === 'budget_empty' ? 'blocked' : 'wait';
}

const CALLS: ReadonlySet<SpanKind> = new Set(['attempt', 'fallback', 'undo']);

function outcomeOf(next: RecoveryUpdate | undefined): SpanOutcome | null {
  if (next === undefined) return null;
  if (next.event === 'undo.succeeded') return 'succeeded';
  if (next.event === 'undo.failed' || next.event === 'undo.error') return 'failed';
  if (next.event === 'cancel') return 'cancelled';
  const kind = next.reason?.kind;
  if (next.event.endsWith('.interrupted')) return 'interrupted';
  if (kind === 'cancelled' || kind === 'interrupted' || kind === 'suspended') return kind;
  return next.state === 'success' ? 'succeeded' : 'failed';
}

export interface Scale {
  readonly from: number;
  readonly to: number;
}

/** From the first transition to the end, or to now. */
export function scaleOf(history: readonly RecoveryUpdate[], ended: boolean, now: number): Scale {
  const from = instantOf(history[0]?.timestamp) ?? now;
  const last = instantOf(history.at(-1)?.timestamp) ?? now;
  const to = ended ? last : Math.max(last, now);
  return { from, to: Math.max(to, from + 1) };
}

/** Where an instant stands, from 0 to 1. */
export const placeOf = (at: number, { from, to }: Scale): number =>
  Math.min(1, Math.max(0, (at - from) / (to - from)));

const STEPS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 15_000, 30_000];
const LONG_STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1_440].map(
  minutes => minutes * 60_000,
);
const DAY = 86_400_000;

/** Milliseconds between two marks, so that there are at most so many, at round numbers. */
export function tickStep(span: number, most: number): number {
  const least = span / most;
  const step = [...STEPS, ...LONG_STEPS].find(candidate => candidate >= least);
  return step ?? Math.ceil(least / DAY) * DAY;
}

/** Milliseconds since the beginning at which the axis is marked. */
export function ticksOf({ from, to }: Scale, most = 8): readonly number[] {
  const step = tickStep(to - from, most);
  const ticks: number[] = [];
  for (let offset = 0; offset <= to - from; offset += step) ticks.push(offset);
  return ticks;
}
