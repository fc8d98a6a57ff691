import { performance } from 'node:perf_hooks';
import type { Recovery } from '../../services/ports.ts';

/** Milliseconds after which it is looked again. */
const LOOK = 50;
/** The event loop is busy when it was active for more than this share of the time, ... */
const BUSY = 0.9;
/** ... or for more than this without what telling clients took: the thread that has the store needs the rest. */
const WORKING = 0.5;

/**
 * @returns whether operations keep the process busy: they were called since the last look, and either the event loop had hardly a pause, or most of it was theirs.
 * It is given how many milliseconds of the event loop clients have had in all.
 */
export function operationsBusy(recovery: Pick<Recovery, 'metrics'>): (told: number) => boolean {
  let utilization = performance.eventLoopUtilization();
  let attempts = 0;
  let lookedAt = performance.now();
  let toldBefore = 0;
  let busy = false;
  return told => {
    const now = performance.now();
    if (now - lookedAt < LOOK) return busy;
    const called = recovery.metrics.attempts;
    const current = performance.eventLoopUtilization();
    const active = performance.eventLoopUtilization(current, utilization).utilization;
    const theirs = active - (told - toldBefore) / (now - lookedAt);
    busy = (active > BUSY || theirs > WORKING) && called > attempts;
    toldBefore = told;
    utilization = current;
    attempts = called;
    lookedAt = now;
    return busy;
  };
}
