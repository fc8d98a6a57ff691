import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';

const HEAD_END = '\r\n\r\n';

/** A client that only counts, so that the server is what is measured: WebSocket frames are told apart, and hardly looked at. */
export class RawClient {
  readonly #socket: Socket;
  readonly #progress: () => void;
  #rest: Buffer = Buffer.alloc(0);
  #open = false;
  #stuck = false;
  updates = 0;
  snapshots = 0;
  dropped = 0;
  readonly ready: Promise<void>;
  #subscribed = () => {};

  constructor(port: number, progress: () => void) {
    this.#progress = progress;
    this.ready = new Promise(resolve => {
      this.#subscribed = resolve;
    });
    this.#socket = connect(port, '127.0.0.1');
    this.#socket.on('error', () => {});
    this.#socket.write(
      [
        'GET /socket.io/?EIO=4&transport=websocket HTTP/1.1',
        'Host: 127.0.0.1',
        'Connection: Upgrade',
        'Upgrade: websocket',
        'Sec-WebSocket-Version: 13',
        `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}${HEAD_END}`,
      ].join('\r\n'),
    );
    this.#socket.on('data', chunk => this.#arrived(chunk));
  }

  #arrived(chunk: Buffer): void {
    let bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    if (!this.#open) {
      const end = bytes.indexOf(HEAD_END);
      if (end < 0) {
        this.#rest = bytes;
        return;
      }
      this.#open = true;
      bytes = bytes.subarray(end + HEAD_END.length);
    }
    let at = 0;
    while (at + 2 <= bytes.length) {
      let length = (bytes[at + 1] as number) & 127;
      let head = 2;
      if (length === 126) {
        if (at + 4 > bytes.length) break;
        length = bytes.readUInt16BE(at + 2);
        head = 4;
      } else if (length === 127) {
        if (at + 10 > bytes.length) break;
        length = Number(bytes.readBigUInt64BE(at + 2));
        head = 10;
      }
      if (at + head + length > bytes.length) break;
      this.#frame(bytes, at + head, at + head + length);
      at += head + length;
    }
    this.#rest = bytes.subarray(at);
    this.#progress();
  }

  #frame(bytes: Buffer, start: number, end: number): void {
    // `42["recovery_update",...`: most are these.
    if (bytes[start + 4] === 0x72) {
      this.updates++;
      return;
    }
    const text = bytes.toString('latin1', start, Math.min(end, start + 400));
    if (text.startsWith('0{')) this.#send('40');
    else if (text.startsWith('40')) this.#subscribe(undefined);
    else if (text.startsWith('43')) this.#subscribed();
    else if (text === '2') this.#send('3');
    else if (text.startsWith('42["snapshot"')) this.snapshots++;
    else if (text.startsWith('42["dropped"')) {
      this.dropped++;
      const since = Number(/"position":(\d+)/.exec(text)?.[1]);
      const after = Number(/"retry_after":(\d+)/.exec(text)?.[1]);
      setTimeout(() => this.#subscribe(since), after * (1 + Math.random() / 10)).unref();
    }
  }

  #subscribe(since: number | undefined): void {
    this.#send(`420["subscribe",${JSON.stringify(since === undefined ? {} : { since })}]`);
  }

  /** Does not read any more. */
  stick(): void {
    this.#stuck = true;
    this.#socket.pause();
  }

  get stuck(): boolean {
    return this.#stuck;
  }

  /** Masked, as clients must (RFC 6455, 5.3); with zeros, which leave the text as it is. */
  #send(text: string): void {
    if (this.#socket.destroyed) return;
    const head = Buffer.from([0x81, 0x80 | text.length, 0, 0, 0, 0]);
    this.#socket.write(Buffer.concat([head, Buffer.from(text)]));
  }

  close(): void {
    this.#socket.destroy();
  }
}
