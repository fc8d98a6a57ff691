import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { z } from 'zod';
import { ErrorClassifier } from '../../../services/classification/index.ts';
import {
  AttemptTimeoutError,
  CircuitOpenError,
  ConfigError,
  HedgeLostError,
  NotSerializableError,
  OperationCancelledError,
  OperationExhaustedError,
  OperationFailedError,
  OverloadedError,
  PersistenceError,
  RecoveryClosedError,
} from '../../../services/errors.ts';
import { answered, coded, expectVerdicts, named } from './table.ts';

const test = suite('classification by code, status, name and class');

test('codes of the system', () => {
  for (const code of [
    'ECONNREFUSED',
    'ECONNRESET',
    'ECONNABORTED',
    'ENOTFOUND',
    'EAI_AGAIN',
    'EPIPE',
    'EHOSTUNREACH',
    'ENETUNREACH',
    'ENETDOWN',
    'EADDRNOTAVAIL',
  ]) {
    expectVerdicts([[coded(code), 'network', true, `code:${code}`]]);
  }
  for (const code of ['EMFILE', 'ENFILE', 'ENOMEM', 'EBUSY', 'EAGAIN', 'EADDRINUSE']) {
    expectVerdicts([[coded(code), 'resource', true, `code:${code}`]]);
  }
  for (const code of ['ENOSPC', 'EDQUOT', 'EROFS']) {
    expectVerdicts([[coded(code), 'resource', false, `code:${code}`]]);
  }
  expectVerdicts([
    [coded('ETIMEDOUT'), 'timeout', true, 'code:ETIMEDOUT'],
    [coded('EACCES'), 'permission', false, 'code:EACCES'],
    [coded('EPERM'), 'permission', false, 'code:EPERM'],
    [coded('ENOENT'), 'validation', false, 'code:ENOENT'],
    [coded('EISDIR'), 'validation', false, 'code:EISDIR'],
  ]);
});

test('codes of Node.js, undici, TLS and the HTTP parser', () => {
  expectVerdicts([
    [coded('UND_ERR_SOCKET'), 'network', true, 'code:UND_ERR_SOCKET'],
    [coded('UND_ERR_CONNECT_TIMEOUT'), 'timeout', true, 'code:UND_ERR_CONNECT_TIMEOUT'],
    [coded('UND_ERR_HEADERS_TIMEOUT'), 'timeout', true, 'code:UND_ERR_HEADERS_TIMEOUT'],
    [coded('UND_ERR_BODY_TIMEOUT'), 'timeout', true, 'code:UND_ERR_BODY_TIMEOUT'],
    [coded('UND_ERR_INVALID_ARG'), 'validation', false, 'code:UND_ERR_INVALID_ARG'],
    [coded('ERR_STREAM_PREMATURE_CLOSE'), 'network', true, 'code:ERR_STREAM_PREMATURE_CLOSE'],
    [coded('ERR_INVALID_URL'), 'validation', false, 'code:ERR_INVALID_URL'],
    [coded('ERR_MISSING_ARGS'), 'validation', false, 'code:ERR_MISSING_ARGS'],
    [coded('ERR_ACCESS_DENIED'), 'permission', false, 'code:ERR_ACCESS_DENIED'],
    [coded('CERT_HAS_EXPIRED'), 'permission', false, 'code:CERT_HAS_EXPIRED'],
    [coded('DEPTH_ZERO_SELF_SIGNED_CERT'), 'permission', false, 'code:DEPTH_ZERO_SELF_SIGNED_CERT'],
    [
      coded('ERR_TLS_CERT_ALTNAME_INVALID'),
      'permission',
      false,
      'code:ERR_TLS_CERT_ALTNAME_INVALID',
    ],
    [coded('HPE_INVALID_CONSTANT'), 'network', true, 'code:HPE_INVALID_CONSTANT'],
    [coded('ABORT_ERR'), 'timeout', true, 'code:ABORT_ERR'],
  ]);
});

test('codes of databases', () => {
  expectVerdicts([
    [coded('SQLITE_BUSY'), 'resource', true, 'code:SQLITE_BUSY'],
    [coded('SQLITE_BUSY_SNAPSHOT'), 'resource', true, 'code:SQLITE_BUSY_SNAPSHOT'],
    [coded('SQLITE_FULL'), 'resource', false, 'code:SQLITE_FULL'],
    [coded('SQLITE_CONSTRAINT_UNIQUE'), 'validation', false, 'code:SQLITE_CONSTRAINT_UNIQUE'],
    [coded('SQLITE_CORRUPT'), 'unknown', false, 'code:SQLITE_CORRUPT'],
    [coded('40P01'), 'resource', true, 'code:40P01'],
    [coded('23505'), 'validation', false, 'code:23505'],
    [coded('08006'), 'network', true, 'code:08006'],
  ]);
});

test('HTTP statuses: 408, 425, 429 and 5xx are retried, other 4xx, 501 and 505 are not', () => {
  for (const status of [500, 502, 503, 504, 507, 520, 599, 408, 425, 429]) {
    assert.ok(new ErrorClassifier().shouldRetry(answered(status)), String(status));
  }
  for (const status of [
    400, 401, 402, 403, 404, 405, 407, 409, 410, 413, 418, 422, 451, 499, 501, 505,
  ]) {
    assert.not(new ErrorClassifier().shouldRetry(answered(status)), String(status));
  }
  expectVerdicts([
    [answered(400), 'validation', false, 'http:400'],
    [answered(401), 'permission', false, 'http:401'],
    [answered(403), 'permission', false, 'http:403'],
    [answered(404), 'validation', false, 'http:404'],
    [answered(407), 'permission', false, 'http:407'],
    [answered(408), 'timeout', true, 'http:408'],
    [answered(422), 'validation', false, 'http:422'],
    [answered(429), 'resource', true, 'http:429'],
    [answered(500), 'network', true, 'http:500'],
    [answered(503), 'resource', true, 'http:503'],
    [answered(504), 'timeout', true, 'http:504'],
  ]);
});

test('a status is found wherever libraries keep it; other numbers are no statuses', () => {
  for (const carried of [
    { status: 503 },
    { statusCode: 503 },
    { response: { status: 503 } },
    { response: { statusCode: 503 } },
    { output: { statusCode: 503 } },
    { $metadata: { httpStatusCode: 503 } },
    { code: 503 },
  ]) {
    expectVerdicts([
      [Object.assign(new Error('x'), carried), 'resource', true, 'http:503'],
      [carried, 'resource', true, 'http:503'],
    ]);
  }
  for (const status of [1, 200, 302, 399, 600, 503.5, '503', null]) {
    expectVerdicts([[Object.assign(new Error('x'), { status }), 'unknown', true, 'fallback']]);
  }
});

test("a response's status counts before a client's own code", () => {
  const axios = Object.assign(coded('ERR_BAD_RESPONSE'), { response: { status: 503 } });
  expectVerdicts([[axios, 'resource', true, 'http:503']]);
});

test('AbortError and TimeoutError, DOM exceptions included', () => {
  expectVerdicts([
    [named('TimeoutError'), 'timeout', true, 'name:TimeoutError'],
    [named('AbortError'), 'timeout', true, 'name:AbortError'],
    [new DOMException('x', 'TimeoutError'), 'timeout', true, 'name:TimeoutError'],
    [new DOMException('x', 'AbortError'), 'timeout', true, 'name:AbortError'],
    [new DOMException('x', 'QuotaExceededError'), 'resource', false, 'name:QuotaExceededError'],
    [new DOMException('x', 'NotAllowedError'), 'permission', false, 'name:NotAllowedError'],
  ]);
});

test("validators' errors", () => {
  const { error } = z.object({ a: z.string() }).safeParse({ a: 1 });
  let thrown: unknown;
  try {
    z.string().parse(1);
  } catch (caught) {
    thrown = caught;
  }
  class ValidationError extends Error {}
  expectVerdicts([
    [error, 'validation', false, 'name:ZodError'],
    [thrown, 'validation', false, 'name:ZodError'],
    [named('ValidationError'), 'validation', false, 'name:ValidationError'],
    [new ValidationError('x'), 'validation', false, 'name:ValidationError'],
    [
      Object.assign(new Error('x'), { errors: [{ instancePath: '/a', message: 'is short' }] }),
      'validation',
      false,
      'shape:errors',
    ],
    [
      Object.assign(new Error('x'), { issues: [{ path: ['a'], message: 'is short' }] }),
      'validation',
      false,
      'shape:issues',
    ],
  ]);
});

test('JSON that cannot be parsed, and mistakes in the program', () => {
  let parsing: unknown;
  try {
    JSON.parse('{');
  } catch (error) {
    parsing = error;
  }
  expectVerdicts([
    [parsing, 'validation', false, 'name:SyntaxError'],
    [new TypeError("reading 'timeout' of undefined"), 'validation', false, 'name:TypeError'],
    [new RangeError('Invalid array length'), 'validation', false, 'name:RangeError'],
    [new ReferenceError('network is not defined'), 'validation', false, 'name:ReferenceError'],
  ]);
});

test("the library's own errors", () => {
  const reset = coded('ECONNRESET');
  expectVerdicts([
    [new AttemptTimeoutError('x'), 'timeout', true, 'code:ATTEMPT_TIMEOUT'],
    [new NotSerializableError('x'), 'validation', false, 'code:NOT_SERIALIZABLE'],
    [new ConfigError('x'), 'validation', false, 'code:CONFIG'],
    [new CircuitOpenError('x'), 'resource', true, 'code:CIRCUIT_OPEN'],
    [new OverloadedError('x'), 'resource', true, 'code:OVERLOADED'],
    [new PersistenceError('x'), 'resource', true, 'code:PERSISTENCE'],
    [new PersistenceError('x', { code: 'STORE_DAMAGED' }), 'resource', false, 'code:STORE_DAMAGED'],
    [new OperationCancelledError('x'), 'unknown', false, 'code:OPERATION_CANCELLED'],
    [new RecoveryClosedError(), 'unknown', false, 'code:RECOVERY_CLOSED'],
    [
      new HedgeLostError({ id: 'x', name: 'work', attempt: 1, hedge: 0 }),
      'unknown',
      false,
      'code:HEDGE_LOST',
    ],
    [
      new OperationExhaustedError('x', { cause: reset }),
      'network',
      false,
      'code:OPERATION_EXHAUSTED',
    ],
    [new OperationFailedError('x'), 'unknown', false, 'code:OPERATION_FAILED'],
    [coded('CONFIG'), 'unknown', true, 'fallback'],
  ]);
});

test.run();
