import { performance } from 'node:perf_hooks';
import type { Recovery } from '../../services/ports.ts';

/** Milliseconds after which it is looked again. */
const LOOK = 50;
/** The event loop is busy when it was active for more than this share of the time. */
const BUSY = 0.9;

/** @returns whether operations keep the event loop busy: they were called since the last look, and it had hardly a pause. */
export function operationsBusy(recovery: Pick<Recovery, 'metrics'>): () => boolean {
  let utilization = performance.eventLoopUtilization();
  let attempts = 0;
  let lookedAt = performance.now();
  let busy = false;
  return () => {
    const now = performance.now();
    if (now - lookedAt < LOOK) return busy;
    const called = recovery.metrics.attempts;
    const current = performance.eventLoopUtilization();
    const active = performance.eventLoopUtilization(current, utilization).utilization;
    busy = active > BUSY && called > attempts;
    utilization = current;
    attempts = called;
    lookedAt = now;
    return busy;
  };
}
