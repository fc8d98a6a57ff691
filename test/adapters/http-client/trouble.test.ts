import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServer as createTcpServer } from 'node:net';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  type Fetch,
  ForeignAnswerError,
  RecoveryClient,
  ServerUnreachableError,
  serverAddress,
} from '../../../adapters/http-client/index.ts';
import { ConfigError, ValidationError } from '../../../services/errors.ts';
import { rejects } from '../../support/rejects.ts';

const test = suite('http client in trouble');

/** Runs a test against a server of somebody else's. */
function against(answer: RequestListener, run: (url: string) => Promise<void>) {
  return async () => {
    const server = createServer(answer);
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    try {
      await run(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    } finally {
      server.closeAllConnections();
      await new Promise(resolve => server.close(resolve));
    }
  };
}

const answering =
  (status: number, type: string | undefined, body: string, location?: string): RequestListener =>
  (_request, response) => {
    response.statusCode = status;
    if (type !== undefined) response.setHeader('content-type', type);
    if (location !== undefined) response.setHeader('location', location);
    response.end(body);
  };

const FOREIGN: [string, RequestListener, RegExp][] = [
  [
    'a page',
    answering(200, 'text/html; charset=utf-8', '<html>'),
    /is no server of xstate-recovery: it gave an answer of text\/html with status 200/,
  ],
  ['a missing page', answering(404, 'text/html', '<html>'), /of text\/html with status 404/],
  ['nothing', answering(204, undefined, ''), /without a type with status 204/],
  [
    'JSON that is none',
    answering(200, 'application/json', '{'),
    /of application\/json with status 200/,
  ],
  [
    'an error of another API',
    answering(403, 'application/json', '{"error":"no"}'),
    /status 403 that is none of ours/,
  ],
  [
    'another API',
    answering(200, 'application/json', '{"operations":{}}'),
    /answers that this program does not understand \(\/operations: .*older version/,
  ],
  [
    'a redirection',
    answering(302, 'text/html', '', 'https://login.test/?next=1'),
    /it sends elsewhere to https:\/\/login\.test\/\?next=1; give the address/,
  ],
  ['a proxy alone', answering(502, 'text/html', '<h1>'), /a proxy answers at .*\(status 502\)/],
];

for (const [what, answer, words] of FOREIGN) {
  test(
    `says that it was answered by ${what}`,
    against(answer, async url => {
      const error = await rejects(new RecoveryClient({ url }).list(), ForeignAnswerError);
      assert.match(error.message, words);
      assert.ok(error.message.includes(url));
      assert.is(error.code, 'HTTP_STATUS');
    }),
  );
}

test('says that nothing listens there', async () => {
  const server = createTcpServer();
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise(resolve => server.close(resolve));
  const client = new RecoveryClient({ url: `http://127.0.0.1:${port}` });
  const error = await rejects(client.list(), ServerUnreachableError);
  assert.match(
    error.message,
    `nothing answers at http://127.0.0.1:${port}: the connection was refused`,
  );
  assert.equal([error.code, error.details.network], ['TRANSFER', 'ECONNREFUSED']);
});

test(
  'says that a plain address was given as one with TLS',
  against(answering(200, 'text/html', ''), async url => {
    const client = new RecoveryClient({ url: url.replace('http:', 'https:') });
    const error = await rejects(client.list(), ServerUnreachableError);
    assert.match(error.message, /does not speak TLS; is it an http address\?$/);
  }),
);

test('says what does not speak HTTP, and what breaks off', async () => {
  const answers = ['\x15\x03\x03\x00\x02\x02\x16', ''];
  const server = createTcpServer(socket => {
    socket.once('data', () => socket.end(answers.shift() ?? '', 'latin1'));
    socket.on('error', () => {});
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = new RecoveryClient({ url });
  try {
    const tls = await rejects(client.list(), ServerUnreachableError);
    assert.match(tls.message, /does not speak HTTP; is it an https address\?$/);
    const broken = await rejects(client.list(), ServerUnreachableError);
    assert.match(broken.message, /broke before the answer was there/);
  } finally {
    await new Promise(resolve => server.close(resolve));
  }
});

test(
  'gives up an answer that does not come, and says where something may have been done',
  against(
    () => {},
    async url => {
      const client = new RecoveryClient({ url, timeout: 20 });
      const looked = await rejects(client.list(), ServerUnreachableError);
      assert.match(looked.message, /has not answered within 0\.02 s$/);
      const changed = await rejects(client.cancel('x'), ServerUnreachableError);
      assert.match(changed.message, /may have been done all the same$/);
    },
  ),
);

/** What `fetch` throws for an error of the network. */
const failingWith =
  (cause: object): Fetch =>
  async () => {
    throw new TypeError('fetch failed', { cause: Object.assign(new Error('why'), cause) });
  };

test('has a sentence for names, ways and certificates', async () => {
  const cases: [object, RegExp][] = [
    [{ code: 'ENOTFOUND' }, /there is no host "ops\.test"/],
    [{ code: 'EAI_AGAIN' }, /"ops\.test" cannot be looked up at the moment/],
    [{ code: 'EHOSTUNREACH' }, /no way to that host/],
    [{ code: 'UND_ERR_CONNECT_TIMEOUT' }, /no connection came about in time/],
    [{ code: 'ECONNRESET' }, /broke before the answer/],
    [
      { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' },
      /\(DEPTH_ZERO_SELF_SIGNED_CERT\); NODE_EXTRA_CA_CERTS/,
    ],
    [{ code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' }, /vouches for the certificate/],
    [{ code: 'CERT_HAS_EXPIRED' }, /certificate of .* has expired/],
    [{ code: 'ERR_TLS_CERT_ALTNAME_INVALID' }, /not one for "ops\.test"/],
    [{ errors: [{ code: 'ECONNREFUSED' }, { code: 'ECONNREFUSED' }] }, /connection was refused/],
    [{ code: 'ESOMETHING' }, /could not be asked/],
  ];
  for (const [cause, words] of cases) {
    const client = new RecoveryClient({ url: 'https://ops.test', fetch: failingWith(cause) });
    const error = await rejects(client.list(), ServerUnreachableError);
    assert.match(error.message, words);
    assert.match(error.message, 'https://ops.test');
  }
});

test('refuses what is no address and no token, and repeats no secret', () => {
  const refused: [string, RegExp][] = [
    ['localhost:3000', /must begin with http:\/\/ or https:\/\/, got "localhost:3000"/],
    ['ftp://host', /must begin with/],
    ['http://', /must be a URL/],
    ['http://me:secret@host', /must not have a name or a password/],
    ['http://host/?token=1', /must end with its path/],
    ['http://host/#x', /must end with its path/],
  ];
  for (const [url, words] of refused) {
    try {
      new RecoveryClient({ url });
      assert.unreachable(url);
    } catch (error) {
      assert.instance(error, ValidationError);
      assert.match((error as ValidationError).message, words);
      assert.not.match((error as ValidationError).message, 'secret');
    }
  }
  const url = 'http://host';
  assert.throws(
    () => new RecoveryClient({ url, token: 'has a blank' }),
    (error: unknown) => error instanceof ValidationError && !/blank/.test(error.message),
  );
  for (const timeout of [0, -1, 1.5, Number.NaN, 2 ** 31]) {
    assert.throws(
      () => new RecoveryClient({ url, timeout }),
      (error: unknown) => error instanceof ConfigError && /timeout must be/.test(error.message),
    );
  }
});

test('takes an address apart', () => {
  assert.equal(serverAddress('HTTPS://Ops.Example.com/recovery//'), {
    url: 'https://ops.example.com/recovery',
    origin: 'https://ops.example.com',
    basePath: '/recovery',
    local: false,
  });
  for (const host of ['localhost', '127.0.0.1', '127.1.2.3', '[::1]']) {
    assert.is(serverAddress(`http://${host}:3000`).local, true, host);
  }
  assert.is(serverAddress('http://127.0.0.1.evil.test').local, false);
});

test.run();
