import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { Agent, get } from 'node:http';
import { createServer as createTlsServer, get as getByTls, Agent as HttpsAgent } from 'node:https';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { sampleBytes } from '../../../adapters/cli/tour/faulty-server.ts';
import { seededRandom } from '../../../adapters/testing/index.ts';
import { BlockWriter } from '../../../services/operations/download/block-writer.ts';
import { knownLength } from '../../../services/operations/download/known-length.ts';
import { readingAgent, readingOf } from '../../../services/operations/download/reading.ts';
import { Request } from '../../../services/operations/download/request.ts';
import { rejects } from '../../support/rejects.ts';
import { sha256Of } from './download-fixture.ts';

const test = suite('download, read from sockets');
const fixtures = new URL('../../../../test/services/operations/fixtures/tls/', import.meta.url);
const patience = { after: 30_000, error: () => new RangeError('silent') };
const OK = 'HTTP/1.1 200 OK\r\n';
const SHELF = 200_000;

interface Host {
  readonly url: string;
  /** Connections that were made. */
  readonly sockets: readonly Socket[];
}

/** A server that answers each request with what `answer` writes. */
async function withHost(
  answer: (socket: Socket) => unknown,
  run: (host: Host) => Promise<void>,
): Promise<void> {
  const sockets: Socket[] = [];
  const server = createServer({ noDelay: true }, socket => {
    sockets.push(socket);
    socket.on('error', () => undefined);
    socket.on('data', () => void answer(socket));
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  try {
    await run({ url: `http://127.0.0.1:${port}/`, sockets });
  } finally {
    for (const socket of sockets) socket.destroy();
    await new Promise(resolve => server.close(resolve));
  }
}

interface Received {
  readonly bytes: Buffer;
  readonly length: string | undefined;
}

/** Memory that is filled from its beginning on. */
class Shelf {
  #memory = Buffer.allocUnsafeSlow(SHELF);
  #at = 0;
  /** Bytes that came to their place without a copy. */
  inPlace = 0;

  readonly room = (): Buffer => this.#memory.subarray(this.#at);

  put(chunk: Buffer): void {
    if (chunk.buffer !== this.#memory.buffer) return;
    assert.is(chunk.byteOffset, this.#at);
    this.#at += chunk.length;
    this.inPlace += chunk.length;
    if (this.#at < SHELF) return;
    this.#memory = Buffer.allocUnsafeSlow(SHELF);
    this.#at = 0;
  }
}

/** Fetches with a sink that now and then keeps its chunk for some time, and looks at it again before it lets go. */
async function fetched(
  url: string,
  random: () => number = () => 1,
  shelf?: Shelf,
): Promise<Received> {
  const request = new Request(url, {}, patience);
  const { headers } = await request.head();
  const parts: Buffer[] = [];
  await request.body(chunk => {
    const copy = Buffer.from(chunk);
    parts.push(copy);
    shelf?.put(chunk);
    if (random() < 0.5) return undefined;
    return (async () => {
      for (let turns = Math.floor(random() * 5); turns >= 0; turns -= 1) await nextTurn();
      assert.ok(chunk.equals(copy), 'a chunk that is kept has been written over');
    })();
  }, shelf?.room);
  request.close();
  return { bytes: Buffer.concat(parts), length: headers.get('content-length') };
}

const bytesOf = async (url: string): Promise<string> =>
  (await fetched(url)).bytes.toString('latin1');

test('a body of known length comes whole, however it is cut up and however long each chunk is kept, all over one connection', async () => {
  const random = seededRandom(11);
  const bodies = Array.from({ length: 40 }, () => sampleBytes(1 + Math.floor(random() ** 4 * 3e6)));
  let next = 0;
  const answer = async (socket: Socket) => {
    const body = bodies[next] ?? Buffer.alloc(0);
    next += 1;
    const head = `${OK}ETag: "x"\r\nContent-Length: ${body.length}\r\n\r\n`;
    const all = Buffer.concat([Buffer.from(head), body]);
    for (let at = 0; at < all.length; ) {
      // The head alone, split, or with something of the body.
      const first = Math.ceil(random() * 3 * head.length);
      const end = at === 0 ? first : at + Math.ceil(random() * 400_000);
      if (!socket.write(all.subarray(at, end))) await once(socket, 'drain');
      if (random() < 0.3) await nextTurn();
      at = end;
    }
  };
  await withHost(answer, async ({ url, sockets }) => {
    const shelf = new Shelf();
    for (const [index, body] of bodies.entries()) {
      const { bytes, length } = await fetched(url, random, index % 2 === 0 ? undefined : shelf);
      assert.is(length, String(body.length));
      assert.is(sha256Of(bytes), sha256Of(body));
    }
    assert.is(sockets.length, 1);
    const size = bodies.reduce((sum, { length }, index) => sum + (index % 2) * length, 0);
    // Where the head came in two, its body went through the parser.
    assert.ok(shelf.inPlace > 0.5 * size, `${shelf.inPlace} of ${size} bytes came to their place`);
  });
});

test('nothing is read to a place that is kept for the rest of a chunk that the writer has no room for yet', async () => {
  const MiB = 1024 * 1024;
  const before = sampleBytes(2 * MiB - 2_000);
  const body = sampleBytes(MiB / 2);
  let released = (): void => undefined;
  const disk = new Promise<void>(resolve => {
    released = resolve;
  });
  const written = Buffer.alloc(before.length + body.length);
  const slow = {
    async write(bytes: Uint8Array, offset: number, length: number, position: number) {
      await disk;
      written.set(bytes.subarray(offset, offset + length), position);
      return { bytesWritten: length };
    },
  };
  let send = (): void => undefined;
  const answer = (socket: Socket) => {
    socket.write(`${OK}Content-Length: ${body.length}\r\n\r\n`);
    send = () => void socket.write(body);
  };
  await withHost(answer, async ({ url }) => {
    const writer = new BlockWriter(slow, 0, () => false);
    await writer.append(before);
    const request = new Request(url, {}, patience);
    await request.head();
    send();
    await request.body(
      chunk => {
        const room = writer.append(chunk);
        if (room !== undefined) setImmediate(released);
        return room;
      },
      () => writer.room,
    );
    await writer.flush();
    assert.is(sha256Of(written), sha256Of(Buffer.concat([before, body])));
  });
});

test('a known length goes past the parser of HTTP, and all else through it', async () => {
  const chunked = `${OK}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n`;
  const plain = `${OK}Content-Length: 3\r\n\r\nabc`;
  let answers = [plain];
  await withHost(
    socket => socket.write(answers.shift() ?? ''),
    async ({ url }) => {
      const agent = readingAgent(new Agent({ keepAlive: true }));
      const isRaw = async (): Promise<boolean> => {
        const request = get(url, { agent });
        const [socket] = (await once(request, 'socket')) as [Socket];
        readingOf(socket)?.expect();
        const [response] = await once(request, 'response');
        const raw = readingOf(socket)?.raw;
        assert.is(socket.isPaused(), raw !== undefined, 'what nobody takes is not read');
        raw?.takenBy(() => undefined);
        raw?.resume();
        response.resume();
        await once(response, 'end');
        return raw !== undefined;
      };
      assert.ok(await isRaw());
      answers = [chunked];
      assert.not(await isRaw());
      agent.destroy();

      answers = [plain, chunked, `${OK}Content-Length: 3\r\nConnection: close\r\n\r\nabc`];
      for (const _ of [...answers]) assert.is(await bytesOf(url), 'abc');
    },
  );
});

test('what comes behind a body is dropped, and nothing more is asked over that connection', async () => {
  const plain = `${OK}Content-Length: 3\r\n\r\nabc`;
  for (const isLater of [false, true]) {
    for (const keeping of [0, 0.9]) {
      await withHost(
        socket => socket.write(isLater ? plain : `${plain}${plain}`),
        async ({ url, sockets }) => {
          const first = await fetched(url, () => keeping);
          assert.is(first.bytes.toString(), 'abc');
          const [socket] = sockets;
          if (isLater) socket?.write(`${OK}Content-Length: 3\r\n\r\nxyz`);
          if (socket !== undefined && !socket.closed) await once(socket, 'close');
          assert.is(await bytesOf(url), 'abc');
          assert.is(sockets.length, 2);
        },
      );
    }
  }
});

test('a connection that ends amid a body of known length breaks it off, with all that had come before', async () => {
  for (const end of ['end', 'resetAndDestroy'] as const) {
    const answer = (socket: Socket) => {
      socket.write(`${OK}Content-Length: 10\r\n\r\nabc`, () => setImmediate(() => socket[end]()));
    };
    await withHost(answer, async ({ url }) => {
      const request = new Request(url, {}, patience);
      await request.head();
      const parts: string[] = [];
      const error = await rejects(
        request.body(chunk => {
          parts.push(chunk.toString());
          return undefined;
        }),
        TypeError,
      );
      assert.match(error.message, /^terminated: /);
      assert.is((error.cause as NodeJS.ErrnoException).code, 'ECONNRESET');
      assert.is(parts.join(''), 'abc');
    });
  }
});

for (const [where, shelf] of [
  ['its own memory', undefined],
  ['the room that it was given', new Shelf()],
] as const)
  test(`over TLS no chunk in ${where} is written over while it is kept, though more comes`, async () => {
    const cert = await readFile(new URL('localhost.pem', fixtures));
    const key = await readFile(new URL('localhost-key.pem', fixtures));
    const content = sampleBytes(3_000_000);
    const server = createTlsServer({ key, cert }, (_, response) => {
      response.writeHead(200, { 'content-length': content.length });
      response.end(content);
    });
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    const agent = readingAgent(new HttpsAgent({ keepAlive: true, ca: cert }));
    try {
      const request = getByTls(`https://localhost:${(server.address() as AddressInfo).port}/`, {
        agent,
      });
      const [socket] = (await once(request, 'socket')) as [Socket];
      readingOf(socket)?.expect();
      const [response] = await once(request, 'response');
      const raw = readingOf(socket)?.raw;
      assert.ok(raw);
      const parts: Buffer[] = [];
      raw.takenBy(chunk => {
        const copy = Buffer.from(chunk);
        parts.push(copy);
        shelf?.put(chunk);
        raw.pause();
        void nextTurn()
          .then(() => nextTurn())
          .then(() => {
            assert.ok(chunk.equals(copy));
            raw.resume();
            if (raw.left === 0) response.resume();
          });
      }, shelf?.room);
      raw.resume();
      await once(response, 'end');
      assert.is(sha256Of(Buffer.concat(parts)), sha256Of(content));
    } finally {
      agent.destroy();
      server.closeAllConnections();
      server.close();
    }
  });

test('only the plainest head says how long its body is', () => {
  const read = (head: string) => {
    const found = knownLength(Buffer.from(head, 'latin1'));
    return found && [found.length, head.slice(found.end), head.slice(...found.digits)];
  };
  const line = 'Content-Length: 12\r\n';
  assert.equal(read(`${OK}${line}\r\nbody`), [12, 'body', '12']);
  assert.equal(read(`HTTP/1.1 206 Partial Content\r\nA: b\r\ncontent-LENGTH:012 \r\n\r\n`), [
    12,
    '',
    '012',
  ]);
  for (const head of [
    `${OK}${line}`,
    `${OK}A: b\r\n\r\n`,
    `${OK}Content-Length: 0\r\n\r\n`,
    `${OK}Content-Length: 1x\r\n\r\n`,
    `${OK}Content-Length: 1,1\r\n\r\n`,
    `${OK}Content-Length: 9999999999999999\r\n\r\n`,
    `${OK}${line}${line}\r\n`,
    `${OK}${line}Content-Length : 12\r\n\r\n`,
    `${OK}${line}Transfer-Encoding: chunked\r\n\r\n`,
    `${OK}${line}transfer-encoding : identity\r\n\r\n`,
    `${OK}${line}Upgrade: h2c\r\n\r\n`,
    `${OK}A: b\r\n folded\r\n${line}\r\n`,
    `${OK}A: b\nTransfer-Encoding: chunked\r\n${line}\r\n`,
    `${OK}A: b\rTransfer-Encoding: chunked\r\n${line}\r\n`,
    `HTTP/1.1 103 Early Hints\r\n\r\n${OK}${line}\r\n`,
    `HTTP/1.1 304 Not Modified\r\n${line}\r\n`,
    `HTTP/1.1 404 Not Found\r\n${line}\r\n`,
    `HTTP/1.0 200 OK\r\n${line}\r\n`,
    `x${OK}${line}\r\n`,
  ]) {
    assert.is(read(head), undefined, JSON.stringify(head));
  }
});

test.run();
