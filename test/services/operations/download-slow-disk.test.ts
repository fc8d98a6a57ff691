import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { Agent, createServer, get, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer, get as getByTls, Agent as HttpsAgent } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { sampleBytes } from '../../../adapters/cli/tour/faulty-server.ts';
import { seededRandom } from '../../../adapters/testing/index.ts';
import { BlockWriter } from '../../../services/operations/download/block-writer.ts';
import { readingAgent, readingOf } from '../../../services/operations/download/reading.ts';
import { many } from '../../support/extent.ts';
import { sha256Of } from './download-fixture.ts';

export const suiteTimeout = 120_000;
const test = suite('download, from sockets to a slow disk');
const fixtures = new URL('../../../../test/services/operations/fixtures/tls/', import.meta.url);
const MiB = 1024 * 1024;

for (const scheme of ['http', 'https'] as const)
  test(`over ${scheme} a file that comes in pieces of odd lengths to a slow disk is whole`, async () => {
    const random = seededRandom(21);
    const body = sampleBytes(many(100, 16) * MiB + 777);
    const key = await readFile(new URL('localhost-key.pem', fixtures));
    const cert = await readFile(new URL('localhost.pem', fixtures));
    /** Bytes of each answer: to a little before the end of a block of the writer's, or to anywhere. */
    const pieces: number[] = [];
    for (let at = 0; at < body.length; at += pieces.at(-1) ?? 0) {
      const block = Math.floor(at / MiB + 1 + random() * 3) * MiB;
      const to = random() < 0.8 ? block - Math.ceil(random() * 3_000) : at + random() * MiB;
      pieces.push(Math.max(1, Math.min(body.length, Math.ceil(to)) - at));
    }
    let begun = 0;
    let next = 0;
    const answer = async (_: IncomingMessage, response: ServerResponse) => {
      const length = pieces[next] ?? 0;
      const [from, to] = [begun, begun + length];
      begun = to;
      next += 1;
      response.writeHead(200, { 'content-length': length });
      response.flushHeaders();
      // So that now and then nothing of the body comes with the head.
      if (random() < 0.8) await sleep(2);
      for (let at = from; at < to; ) {
        const end = Math.min(to, at + Math.ceil(random() * 70_000));
        if (!response.write(body.subarray(at, end))) await once(response, 'drain');
        at = end;
      }
      response.end();
    };
    const server =
      scheme === 'http' ? createServer(answer) : createTlsServer({ key, cert }, answer);
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    const url = `${scheme}://localhost:${(server.address() as AddressInfo).port}/`;
    const options = { keepAlive: true, ca: cert };
    const agent = readingAgent(scheme === 'http' ? new Agent(options) : new HttpsAgent(options));
    const file = Buffer.alloc(body.length);
    const disk = {
      async write(bytes: Uint8Array, offset: number, length: number, position: number) {
        const bytesWritten = random() < 0.2 ? Math.ceil(length / 3) : length;
        if (random() < 0.8) await sleep(random() * 40);
        file.set(bytes.subarray(offset, offset + bytesWritten), position);
        return { bytesWritten };
      },
    };
    const writer = new BlockWriter(disk, 0, (_, { giveBack }) => {
      if (random() < 0.5) return false;
      setTimeout(giveBack, random() * 10);
      return true;
    });
    try {
      for (const _ of pieces) {
        const request = (scheme === 'http' ? get : getByTls)(url, { agent });
        const [socket] = (await once(request, 'socket')) as [Socket];
        readingOf(socket)?.expect();
        const [response] = (await once(request, 'response')) as [IncomingMessage];
        const raw = readingOf(socket)?.raw;
        assert.ok(raw);
        let isTaking = false;
        const goOn = () => {
          isTaking = false;
          raw.resume();
          if (raw.left === 0 && !isTaking) response.resume();
        };
        raw.takenBy(
          chunk => {
            const taken = writer.append(chunk);
            isTaking = taken !== undefined;
            if (isTaking) raw.pause();
            else if (raw.left === 0) response.resume();
            void taken?.then(goOn);
          },
          () => writer.room,
        );
        goOn();
        await once(response, 'end');
      }
      await writer.flush();
      assert.is(sha256Of(file), sha256Of(body));
    } finally {
      agent.destroy();
      server.closeAllConnections();
      server.close();
    }
  });

test.run();
