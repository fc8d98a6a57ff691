import type { JsonError } from '../../machines/json-error.ts';
import { fromJson } from '../json.ts';
import type { OperationRecord, OperationView } from '../ports.ts';

/** A stored operation as its users see it. */
export function viewOf(record: OperationRecord): OperationView {
  return {
    id: record.id,
    name: record.name,
    state: record.state,
    attempt: record.attempt,
    input: fromJson(record.args),
    ...(record.result === null ? {} : { output: fromJson(record.result) }),
    ...(record.error === null ? {} : { error: fromJson(record.error) as JsonError }),
    ...(record.metadata === null ? {} : { metadata: fromJson(record.metadata) }),
    breakerKey: record.breakerKey,
    dueAt: record.dueAt,
    createdAt: record.createdAt,
    updatedAt: record.updatedAt,
  };
}
