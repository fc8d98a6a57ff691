import type { RecoveryUpdate, Summary } from '../../../visualizer/data/wire.ts';

const EPOCH = Date.parse('2026-03-01T12:00:00.000Z');
export const iso = (offset: number): string => new Date(EPOCH + offset).toISOString();
export const at = (offset: number): number => EPOCH + offset;

export const summary = (id: string, rest: Partial<Summary> = {}): Summary => ({
  operation_id: id,
  function_name: 'install',
  state: 'pending',
  path: 'pending.queued',
  attempt: 0,
  breaker_key: 'github.com',
  parent_id: null,
  due_at: null,
  created_at: iso(0),
  updated_at: iso(0),
  error_message: null,
  ...rest,
});

export const update = (id: string, rest: Partial<RecoveryUpdate> = {}): RecoveryUpdate => ({
  operation_id: id,
  state: 'in_progress',
  timestamp: iso(1_000),
  position: 1,
  function_name: 'install',
  seq: 2,
  from_state: 'pending',
  event: 'start',
  attempt: 1,
  reason: null,
  ...rest,
});
