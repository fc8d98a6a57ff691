import type { JsonError } from '../machines/json-error.ts';
import {
  AttemptTimeoutError,
  CircuitOpenError,
  ConfigError,
  NotSerializableError,
  OperationCancelledError,
  OperationConflictError,
  OperationExhaustedError,
  OperationFailedError,
  OverloadedError,
  PersistenceError,
  type RecoveryError,
  type RecoveryErrorOptions,
  ValidationError,
} from './errors.ts';

type Construct = new (message: string, options?: ErrorOptions) => Error;
type ConstructOurs = new (message: string, options?: RecoveryErrorOptions) => RecoveryError;

const BUILT_IN: ReadonlyMap<string, Construct> = new Map<string, Construct>(
  [EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError].map(type => [
    type.name,
    type,
  ]),
);
const OURS: ReadonlyMap<string, ConstructOurs> = new Map<string, ConstructOurs>(
  [
    AttemptTimeoutError,
    CircuitOpenError,
    ConfigError,
    NotSerializableError,
    OperationCancelledError,
    OperationConflictError,
    OperationExhaustedError,
    OperationFailedError,
    OverloadedError,
    PersistenceError,
    ValidationError,
  ].map(type => [type.name, type]),
);
/** Properties that are set from the JSON's own fields, or that would change more than a property. */
const RESERVED = new Set([
  'name',
  'message',
  'stack',
  'cause',
  'errors',
  'code',
  'thrown',
  '__proto__',
]);

/**
 * The error that JSON of `errorToJson` stands for: an instance of its class where that is JavaScript's or this library's own, else an
 * `Error` of that name. `code`, the causes, the parts of aggregates and the details come back; for what was no
 * Error, `thrown` says what it was.
 */
export function errorFromJson(json: JsonError): Error {
  const error = construct(json);
  if (error.name !== json.name) define(error, 'name', json.name);
  define(error, 'stack', json.stack ?? `${json.name}: ${json.message}`);
  if (json.code !== undefined && !('code' in error)) assign(error, 'code', json.code);
  if (json.thrown !== undefined) assign(error, 'thrown', json.thrown);
  return error;
}

function construct(json: JsonError): Error {
  const { name, message, code, details } = json;
  const cause = json.cause ? { cause: errorFromJson(json.cause) } : {};
  const ours = code === undefined ? undefined : OURS.get(name);
  if (ours) {
    const error = new ours(message, isRecord(details) ? { ...cause, details } : cause);
    if (error.code === code) return error;
  }
  const error = json.errors
    ? new AggregateError(json.errors.map(errorFromJson), message, cause)
    : new (BUILT_IN.get(name) ?? Error)(message, cause);
  if (isRecord(details)) {
    for (const [key, value] of Object.entries(details)) {
      if (!RESERVED.has(key)) assign(error, key, value);
    }
  }
  return error;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function assign(error: Error, key: string, value: unknown): void {
  Object.defineProperty(error, key, {
    value,
    enumerable: true,
    writable: true,
    configurable: true,
  });
}

function define(error: Error, key: string, value: string): void {
  Object.defineProperty(error, key, {
    value,
    enumerable: false,
    writable: true,
    configurable: true,
  });
}
