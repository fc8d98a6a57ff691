import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createRecovery } from '../../../create-recovery.ts';
import { createRecoveryServer } from '../../../server.ts';
import { ConfigError } from '../../../services/errors.ts';
import { rejects } from '../../support/rejects.ts';
import { OPERATOR, type Served, served, TOKENS, VIEWER } from './support/served.ts';

const test = suite('http access');

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, { readonly 'x-role': string }>>>>;
}

/** Every address that the document names. */
async function addresses({ ask }: Served, token?: string) {
  const { body } = await ask('/openapi.json', token === undefined ? {} : { token });
  return Object.entries((body as Document).paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { 'x-role': role }]) => ({
      path: path.replace('{id}', 'one'),
      method: method.toUpperCase(),
      role,
    })),
  );
}

test(
  'asks for a token everywhere but at the health checks, and for an operator where something is commanded',
  served({ server: { tokens: TOKENS } }, async place => {
    const { ask } = place;
    let commands = 0;
    for (const { path, method, role } of await addresses(place, VIEWER)) {
      const what = `${method} ${path}`;
      const status = async (token?: string) =>
        (await ask(path, { method, ...(token === undefined ? {} : { token }) })).status;
      if (role === 'public') {
        assert.is(await status(), 200, what);
        continue;
      }
      for (const wrong of [undefined, 'wrong-token-0123456789', `${OPERATOR}x`, '']) {
        assert.is(await status(wrong), 401, what);
      }
      if (role === 'operator') {
        commands += 1;
        assert.is(await status(VIEWER), 403, what);
      } else assert.is.not(await status(VIEWER), 403, what);
      assert.ok(![401, 403].includes(await status(OPERATOR)), what);
    }
    assert.is(commands, 7);
    const refused = await ask('/api/operations', {
      headers: { authorization: `Basic ${OPERATOR}` },
    });
    assert.is(refused.status, 401);
    assert.is(refused.headers['www-authenticate'], 'Bearer');
    assert.is((await ask(`/api/operations?token=${OPERATOR}`)).status, 401);
  }),
);

test(
  'lets no viewer start anything',
  served({ server: { tokens: TOKENS } }, async ({ recovery, ask }) => {
    recovery.operation('double', async (n: number) => n * 2);
    const body = { function_name: 'double', input: 1, operation_id: 'one' };
    assert.is((await ask('/api/operations', { body, token: VIEWER })).status, 403);
    assert.is(await recovery.view('one'), undefined);
    assert.is((await ask('/api/operations', { body, token: OPERATOR })).status, 202);
  }),
);

test(
  'tells who has no token only whether it is healthy',
  served({ server: { tokens: TOKENS } }, async ({ ask }) => {
    const anonymous = await ask('/health/ready');
    assert.equal(anonymous.body, { system_healthy: true, persistence_healthy: true });
    const { body } = await ask('/health/ready', { token: VIEWER });
    assert.is(body.active_operations, 0);
    assert.equal(body.circuit_breakers, {});
  }),
);

for (const tokens of [{}, TOKENS]) {
  test(
    `refuses foreign pages and names that were bent to this machine ${tokens === TOKENS ? 'with' : 'without'} tokens`,
    served(
      {
        server: {
          tokens,
          allowedHosts: ['ops.example.com'],
          allowedOrigins: ['https://app.example.com'],
        },
      },
      async ({ ask, server, recovery }) => {
        recovery.operation('double', async (n: number) => n * 2);
        const { port } = new URL(server.url);
        const asked = async (headers: Record<string, string>) => {
          const body = { function_name: 'double', input: 1, operation_id: 'one' };
          const { status } = await ask('/api/operations', { headers, body, token: OPERATOR });
          return status;
        };
        for (const origin of [
          'http://evil.example.com',
          'https://evil.example.com',
          'null',
          `http://localhost:${Number(port) + 1}`,
          `http://127.0.0.1:${port}.evil.example.com`,
          `file://127.0.0.1:${port}`,
          'https://app.example.com.evil.example.com',
        ]) {
          assert.is(await asked({ origin }), 403, origin);
        }
        for (const host of [
          'evil.example.com',
          `evil.example.com:${port}`,
          `localhost.evil.example.com:${port}`,
          `127.0.0.1.evil.example.com:${port}`,
          `user@localhost:${port}`,
          'localhost,evil',
        ]) {
          assert.is(await asked({ host }), 421, host);
          assert.is(await asked({ host, origin: `http://${host}` }), 421, host);
        }
        assert.is(
          await asked({ 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' }),
          403,
        );
        assert.is(await recovery.view('one'), undefined);
        assert.is(await asked({ origin: server.url }), 202);
        assert.is(
          await asked({ host: `localhost:${port}`, origin: `http://localhost:${port}` }),
          202,
        );
        assert.is(await asked({ host: 'ops.example.com', origin: 'https://ops.example.com' }), 202);
        assert.is(await asked({ origin: 'https://app.example.com' }), 202);
        assert.is(await asked({ host: `[::1]:${port}` }), 202);
      },
    ),
  );
}

test(
  'lets pages of allowed origins read, and asks no token for their preflight',
  served(
    { server: { tokens: TOKENS, allowedOrigins: ['https://app.example.com'] } },
    async ({ ask }) => {
      const origin = 'https://app.example.com';
      const preflight = await ask('/api/operations', { method: 'OPTIONS', headers: { origin } });
      assert.is(preflight.status, 204);
      assert.is(preflight.headers['access-control-allow-origin'], origin);
      const read = await ask('/api/operations', { headers: { origin }, token: VIEWER });
      assert.is(read.headers['access-control-allow-origin'], origin);
      const own = await ask('/api/operations', { token: VIEWER });
      assert.is(own.headers['access-control-allow-origin'], undefined);
    },
  ),
);

test('refuses to listen on other addresses than loopback without tokens', async () => {
  const recovery = await createRecovery({ env: {} });
  for (const host of ['0.0.0.0', '::', '192.0.2.1', 'example.com', '']) {
    for (const tokens of [{}, { viewer: [], operator: [] }]) {
      const error = await rejects(
        createRecoveryServer(recovery, { host, port: 0, tokens }),
        ConfigError,
      );
      assert.match(error.message, 'host');
    }
  }
  const open = await createRecoveryServer(recovery, { host: '0.0.0.0', port: 0, tokens: TOKENS });
  assert.is((await fetch(`${open.url}/api/operations`)).status, 401);
  await open.close();
  await recovery.close();
});

test('names every option that is wrong, and no token', async () => {
  const recovery = await createRecovery({ env: {} });
  const wrong = {
    port: 70_000,
    tokens: { viewer: ['secret'] },
    bodyLimit: 0,
    rateLimit: { requests: 0 },
    streamShare: 0,
    basePath: 'x/',
    odd: 1,
  };
  const error = await rejects(createRecoveryServer(recovery, wrong), ConfigError);
  for (const option of [
    'port',
    'tokens.viewer.0',
    'bodyLimit',
    'rateLimit.requests',
    'streamShare',
    'basePath',
    'odd',
  ]) {
    assert.match(error.message, option);
  }
  assert.not.match(JSON.stringify([error.message, error.details]), 'secret');
  const twice = { viewer: [VIEWER], operator: [VIEWER] };
  await rejects(createRecoveryServer(recovery, { port: 0, tokens: twice }), ConfigError);
  await recovery.close();
});

test.run();
