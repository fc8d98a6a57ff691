import { batch, breaker, moved, operation, step } from '../../../contract/persistence-rows.ts';
import type { Engine, EngineWrite } from './engine.ts';

/** Writes of every kind, each leaving a trace of its own. */
export const WRITES: readonly EngineWrite[] = Array.from({ length: 16 }, (_, n) => {
  if (n === 8) return { prune: { maxRows: 1, limit: 2 } };
  const state = n % 3 === 2 ? 'success' : 'in_progress';
  const {
    args: _args,
    createdAt: _createdAt,
    ...later
  } = operation(`o${n % 5}`, { state, seq: n, updatedAt: n });
  const rows = n < 5 ? operation(`o${n}`, { state, seq: n, createdAt: n, updatedAt: n }) : later;
  return {
    batch: batch({
      operations: [rows],
      steps:
        n % 2
          ? [
              step(`o${n % 5}`, `step ${n}`, {
                result: JSON.stringify('r'.repeat(n === 11 ? 9000 : 10)),
              }),
            ]
          : [],
      transitions: [moved(`o${n % 5}`, n + 1), moved('other', n + 1)].slice(0, 1 + (n % 2)),
      breakers: n % 4 ? [] : [breaker('host', { seq: n })],
    }),
  };
});

/**
 * The life of a store: commits, a checkpoint with commits between its steps, a close, another opening, more commits, and a second checkpoint.
 * Calls `acknowledged` after each write.
 */
export function live(open: () => Engine, acknowledged: () => void): Engine {
  const writes = WRITES[Symbol.iterator]();
  let engine = open();
  const write = () => {
    const { value } = writes.next();
    if (!value) return;
    engine.write(value);
    acknowledged();
  };
  const checkpoint = () => {
    const steps = engine.checkpoint();
    write();
    while (!steps.next().done) write();
  };
  write();
  write();
  checkpoint();
  write();
  engine.close();
  engine = open();
  write();
  write();
  checkpoint();
  for (const _ of WRITES) write();
  return engine;
}
