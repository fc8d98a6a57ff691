import { once } from 'node:events';
import { WebSocket } from 'ws';

/** A client that sends whatever bytes it likes. */
export class RawClient {
  readonly #socket: WebSocket;
  readonly #answers = new Map<number, (answer: string) => void>();
  #id = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', data => {
      const text = String(data);
      if (text === '2') socket.send('3');
      const [, id, answer] = /^43(\d+)(.*)$/s.exec(text) ?? [];
      if (id !== undefined) this.#answers.get(Number(id))?.(answer as string);
    });
  }

  static async open(url: string): Promise<RawClient> {
    const { host } = new URL(url);
    const socket = new WebSocket(`ws://${host}/socket.io/?EIO=4&transport=websocket`);
    await once(socket, 'message');
    const client = new RawClient(socket);
    socket.send('40');
    await once(socket, 'message');
    return client;
  }

  /** @param text what stands in the packet's array after the event's name */
  ask(event: string, text: string): Promise<{ ok: boolean; problem?: { code: string } }> {
    const id = this.#id++;
    this.#socket.send(`42${id}[${JSON.stringify(event)},${text}]`);
    return new Promise(resolve => {
      this.#answers.set(id, answer => {
        this.#answers.delete(id);
        resolve(JSON.parse(answer)[0]);
      });
    });
  }

  get open(): boolean {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  close(): void {
    this.#socket.terminate();
  }
}
