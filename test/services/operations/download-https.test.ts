import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { sampleBytes } from '../../../adapters/cli/tour/faulty-server.ts';
import { sha256Of, withPlace } from './download-fixture.ts';

const test = suite('download over https');
const child = fileURLToPath(new URL('download-child.js', import.meta.url));
const fixtures = new URL('../../../../test/services/operations/fixtures/tls/', import.meta.url);
const content = sampleBytes(40_000_000);
const run = promisify(execFile);

test(
  'every byte of a large file comes through, and only from a server whose certificate is trusted',
  withPlace(async ({ folder }) => {
    const certificate = fileURLToPath(new URL('localhost.pem', fixtures));
    const server = createServer(
      {
        key: await readFile(new URL('localhost-key.pem', fixtures)),
        cert: await readFile(certificate),
      },
      (_, response) => {
        response.writeHead(200, { 'content-length': content.length });
        response.end(content);
      },
    );
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    try {
      const url = `https://localhost:${(server.address() as AddressInfo).port}/file`;
      const file = `${folder}/file`;
      const untrusted = await run(process.execPath, [child, url, file]).catch(error => error);
      assert.match(untrusted.stderr, /self-signed certificate/);

      await run(process.execPath, [child, url, file], {
        env: { ...process.env, NODE_EXTRA_CA_CERTS: certificate },
        maxBuffer: 64 * 1024 * 1024,
      });

      assert.is(sha256Of(await readFile(file)), sha256Of(content));
    } finally {
      server.closeAllConnections();
      server.close();
    }
  }),
);

test.run();
