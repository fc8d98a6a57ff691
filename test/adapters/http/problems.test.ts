import { Validator } from '@seriousme/openapi-schema-validator';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ERROR_STATUSES, problemOf } from '../../../adapters/http/problem.ts';
import { REFUSALS } from '../../../adapters/http/refusal.ts';
import { ErrorCode, RecoveryError } from '../../../services/errors.ts';
import { served } from './support/served.ts';

const test = suite('http problems and OpenAPI');

test('has a status for every code of an error, and tells details of the client only', () => {
  assert.equal(Object.keys(ERROR_STATUSES).sort(), Object.values(ErrorCode).sort());
  const types = new Set<string>();
  for (const code of Object.values(ErrorCode)) {
    const { type, title, status, detail, code: told } = problemOf(new RecoveryError(code, 'why'));
    types.add(type);
    assert.is(told, code);
    assert.ok(status >= 400 && status <= 599, code);
    assert.ok(title.length > 0, code);
    assert.is(detail, status < 500 ? 'why' : undefined, code);
    assert.not.ok(code in REFUSALS, code);
  }
  assert.is(types.size, Object.values(ErrorCode).length);
  const fault = problemOf(new TypeError('secret'));
  assert.is(fault.status, 500);
  assert.not.match(JSON.stringify(fault), 'secret');
  for (const thrown of [undefined, null, 'text', { statusCode: 404 }]) {
    assert.is(problemOf(thrown).code, 'INTERNAL');
  }
});

test(
  'describes every route in an OpenAPI document that is valid',
  served(
    {
      server: { metrics: { contentType: 'text/plain; version=0.0.4', read: async () => 'up 1\n' } },
    },
    async ({ ask }) => {
      const { body } = await ask('/openapi.json');
      const { valid, errors } = await new Validator().validate(structuredClone(body));
      assert.ok(valid, JSON.stringify(errors));
      assert.equal(
        Object.entries(body.paths as Record<string, object>)
          .flatMap(([path, methods]) => Object.keys(methods).map(method => `${method} ${path}`))
          .sort(),
        [
          'get /api/breakers',
          'get /api/machines',
          'get /api/machines/arrows',
          'get /api/operations',
          'get /api/operations/{id}',
          'get /api/overview',
          'get /api/session',
          'get /health/live',
          'get /health/ready',
          'get /metrics',
          'get /openapi.json',
          'post /api/breakers/force',
          'post /api/breakers/history',
          'post /api/breakers/reset',
          'post /api/operations',
          'post /api/operations/search',
          'post /api/operations/{id}/cancel',
          'post /api/operations/{id}/continue',
          'post /api/operations/{id}/pause',
          'post /api/operations/{id}/retry',
        ],
      );
      const text = JSON.stringify(body);
      for (const [, name] of text.matchAll(/#\/components\/schemas\/(\w+)/g)) {
        assert.ok(name !== undefined && name in body.components.schemas, name);
      }
    },
  ),
);

test(
  'gives the metrics that it was handed, and the charts',
  served(
    {
      server: { metrics: { contentType: 'text/plain; version=0.0.4', read: async () => 'up 1\n' } },
    },
    async ({ ask }) => {
      const metrics = await ask('/metrics');
      assert.is(metrics.text, 'up 1\n');
      assert.match(metrics.headers['content-type'] as string, 'text/plain; version=0.0.4');
      const { body } = await ask('/api/machines');
      assert.ok('recovering' in body.operation.states);
      assert.ok('half_open' in body.breaker.states);
    },
  ),
);

test(
  'has no metrics where none were handed to it',
  served({}, async ({ ask }) => assert.is((await ask('/metrics')).status, 404)),
);

test.run();
