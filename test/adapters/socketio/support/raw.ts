import { once } from 'node:events';
import { WebSocket } from 'ws';

/** A client that sends whatever bytes it likes. */
export class RawClient {
  readonly #socket: WebSocket;
  readonly #answers = new Map<number, (answer: string) => void>();
  readonly #told = new Map<string, unknown[]>();
  #id = 0;
  #heard: () => void = () => {};

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', data => {
      const text = String(data);
      if (text === '2') socket.send('3');
      if (text.startsWith('42')) {
        const [event, message] = JSON.parse(text.slice(2));
        const told = this.#told.get(event);
        if (told === undefined) this.#told.set(event, [message]);
        else told.push(message);
        this.#heard();
      }
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

  /** What came of an event. */
  told(event: string): readonly unknown[] {
    return this.#told.get(event) ?? [];
  }

  /** Resolves with what came of an event when that is enough: something, where nothing else is asked. */
  until(
    event: string,
    enough: (told: readonly unknown[]) => boolean = told => told.length > 0,
  ): Promise<readonly unknown[]> {
    return new Promise(resolve => {
      this.#heard = () => {
        if (enough(this.told(event))) resolve(this.told(event));
      };
      this.#heard();
    });
  }

  /** Stops reading, so that buffers fill up. */
  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  get open(): boolean {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  close(): void {
    this.#socket.terminate();
  }
}
