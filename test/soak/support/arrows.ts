import type { Transition } from '../../../services/ports.ts';

/**
 * The arrows of the charts as history names them: state before and event, to the states that they may lead to. Written down apart from the charts, so
 * that an arrow which goes astray there is noticed here.
 */
type Arrows = Readonly<Record<string, readonly string[]>>;

const FALLBACK = 'in_progress';
/** It takes back first. */
const UNDO = 'recovering';
const UNDONE = [UNDO, 'failed', 'exhausted'];
const OPERATION: Arrows = {
  'null create': ['pending'],
  'pending start': ['in_progress'],
  'pending lock.wait': ['pending'],
  'pending lock.granted': ['pending'],
  'pending pause': ['pending'],
  'pending resume': ['pending'],
  'pending expire': ['exhausted', FALLBACK],
  'pending cancel': ['failed'],
  'in_progress permit.denied': ['recovering', 'failed', FALLBACK],
  'in_progress attempt.succeeded': ['success'],
  'in_progress attempt.failed': ['recovering', 'failed', 'exhausted', FALLBACK],
  'in_progress attempt.interrupted': ['recovering', 'exhausted', FALLBACK],
  'in_progress attempt.suspended': ['recovering'],
  'in_progress fallback.succeeded': ['success'],
  'in_progress fallback.failed': ['failed', 'exhausted', UNDO],
  'in_progress fallback.interrupted': ['recovering', 'failed', 'exhausted'],
  'in_progress fallback.suspended': ['recovering'],
  'in_progress cancel': ['failed', UNDO],
  'in_progress undo.succeeded': UNDONE,
  'in_progress undo.failed': UNDONE,
  'in_progress undo.interrupted': UNDONE,
  'in_progress undo.suspended': [UNDO],
  'recovering due': ['in_progress'],
  'recovering gate.expired': ['exhausted', FALLBACK, UNDO],
  'recovering slot.expired': ['exhausted', FALLBACK, UNDO],
  'recovering pause': ['recovering'],
  'recovering resume': ['recovering'],
  'recovering cancel': ['failed', UNDO],
  'failed retry': ['pending'],
  'exhausted retry': ['pending'],
};

const FORCED = ['isolated', 'forced_closed', 'metrics_only'];
const BREAKER: Arrows = {
  'closed failure': ['open'],
  'closed success': ['open'],
  'open due': ['half_open'],
  'half_open success': ['closed', 'open'],
  'half_open failure': ['open'],
  'isolated due': ['half_open', 'metrics_only'],
  'forced_closed due': ['closed', 'metrics_only'],
  'metrics_only due': ['closed', 'metrics_only'],
  'metrics_only failure': ['metrics_only'],
  'metrics_only success': ['metrics_only'],
  'closed configure': ['metrics_only'],
  'open configure': ['metrics_only'],
  'half_open configure': ['metrics_only'],
  'metrics_only configure': ['closed'],
  ...Object.fromEntries(
    ['closed', 'open', 'half_open', ...FORCED].flatMap(from => [
      [`${from} force`, FORCED],
      [`${from} reset`, ['closed', 'metrics_only']],
    ]),
  ),
};

/** What is wrong with a transition after the one before it; undefined where nothing is. */
export function wrongArrow(before: Transition | undefined, now: Transition): string | undefined {
  const { from, to, event, seq } = now;
  if (seq !== (before?.seq ?? 0) + 1) return `number ${seq} comes after ${before?.seq ?? 'none'}`;
  const first = now.kind === 'operation' ? null : 'closed';
  const state = before === undefined ? first : before.to;
  if (from !== state) return `it comes from ${from}, and it was ${state}`;
  const arrows = now.kind === 'operation' ? OPERATION : BREAKER;
  if (arrows[`${from} ${event}`]?.includes(to) === true) return undefined;
  return `no arrow of the chart leads from ${from} by ${event} to ${to}`;
}
