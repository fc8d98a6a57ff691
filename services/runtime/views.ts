import type { JsonError } from '../../machines/json-error.ts';
import { fromJson } from '../json.ts';
import type {
  OperationRecord,
  OperationSummaryRecord,
  OperationSummaryView,
  OperationView,
} from '../ports.ts';
import { restingPathOf } from './stored-snapshots.ts';

/** Characters of an error's message in a summary. */
const MAX_MESSAGE = 200;

/** A stored operation as its users see it. */
export function viewOf(record: OperationRecord): OperationView {
  const error = record.error === null ? undefined : (fromJson(record.error) as JsonError);
  const value = (record.snapshot as { readonly value?: unknown } | null)?.value;
  const summary = summaryViewOf({ ...record, value, errorMessage: messageOf(error) });
  return {
    ...summary,
    input: fromJson(record.args),
    ...(record.result === null ? {} : { output: fromJson(record.result) }),
    ...(error === undefined ? {} : { error }),
    ...(record.metadata === null ? {} : { metadata: fromJson(record.metadata) }),
  };
}

/** The same without what it is about. */
export function summaryViewOf(record: OperationSummaryRecord): OperationSummaryView {
  return {
    id: record.id,
    name: record.name,
    state: record.state,
    path: restingPathOf(record.state, record.value),
    attempt: record.attempt,
    errorMessage: record.errorMessage === null ? null : firstLine(record.errorMessage),
    breakerKey: record.breakerKey,
    parentId: record.parentId,
    dueAt: record.dueAt,
    createdAt: record.createdAt,
    updatedAt: record.updatedAt,
  };
}

function messageOf(error: JsonError | undefined): string | null {
  const message: unknown = error?.message;
  return typeof message === 'string' ? message : null;
}

/** The first line that says something; `null` where none does. */
function firstLine(message: string): string | null {
  const [line = ''] = message.trim().split(/[\r\n\u2028\u2029]/, 1);
  if (line === '') return null;
  // Half of a pair of surrogates is no character.
  return line.slice(0, MAX_MESSAGE).replace(/[\ud800-\udbff]$/, '');
}
