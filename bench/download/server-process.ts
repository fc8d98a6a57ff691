/** Serves one file of zeros with ranges and a validator, as fast as it goes or at a pace, and counts what it sends. */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { obeyOrders } from '../child.ts';

export type ServerOrder =
  | { readonly do: 'serve'; readonly bytes: number }
  | { readonly do: 'sent' };

const PIECE = Buffer.alloc(256 * 1024);
let sent = 0;

obeyOrders(async (order: ServerOrder) => (order.do === 'serve' ? serve(order.bytes) : take()));

/** Bytes since the last time. */
function take(): number {
  const since = sent;
  sent = 0;
  return since;
}

async function serve(size: number): Promise<string> {
  const server = createServer((request, response) => {
    const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '') ?? [];
    const start = Number(from ?? 0);
    const end = to ? Math.min(size, Number(to) + 1) : size;
    response.writeHead(from === undefined ? 200 : 206, {
      etag: '"zeros"',
      'accept-ranges': 'bytes',
      'content-length': end - start,
      ...(from === undefined ? {} : { 'content-range': `bytes ${start}-${end - 1}/${size}` }),
    });
    send(response, end - start);
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/file`;
}

function send(response: ServerResponse, bytes: number): void {
  let left = bytes;
  const more = () => {
    while (left > 0 && !response.destroyed) {
      const piece = left < PIECE.length ? PIECE.subarray(0, left) : PIECE;
      left -= piece.length;
      const room = response.write(piece, error => {
        if (!error) sent += piece.length;
      });
      if (!room) {
        response.once('drain', more);
        return;
      }
    }
    response.end();
  };
  more();
}
