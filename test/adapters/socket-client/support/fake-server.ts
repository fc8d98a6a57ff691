import type { ClientSocket, OpenSocket } from '../../../../adapters/socket-client/index.ts';

export interface Subscription {
  readonly since?: number;
  readonly ids?: readonly string[];
}

type Acknowledge = (late: Error | null, answer: unknown) => void;

/** A server at the other end of a socket that a test moves by hand. */
export class FakeServer {
  /** What each connection's opening was given. */
  readonly tokens: (string | undefined)[] = [];
  /** What it was asked, in order: `connect`, `disconnect` and subscriptions. */
  readonly asked: (string | Subscription)[] = [];
  #listeners = new Map<string, (...args: never[]) => void>();
  #acknowledge: Acknowledge = () => {};

  readonly open: OpenSocket = (_address, token) => {
    this.tokens.push(token);
    this.#listeners = new Map();
    const socket: ClientSocket = {
      on: (event, listener) => this.#listeners.set(event, listener),
      connect: () => this.asked.push('connect'),
      disconnect: () => this.asked.push('disconnect'),
      timeout: () => ({
        emit: (event, message, acknowledge) => {
          this.asked.push(event === 'subscribe' ? (message as Subscription) : event);
          this.#acknowledge = acknowledge;
        },
      }),
    };
    return socket;
  };

  /** Says something to the client. */
  say(event: string, ...args: unknown[]): void {
    (this.#listeners.get(event) as ((...args: unknown[]) => void) | undefined)?.(...args);
  }

  /** Lets the client in and begins after a position. */
  begin(position: number): void {
    this.say('connect');
    this.answer({ ok: true, result: { position } });
  }

  /** Answers the last subscription. */
  answer(answer: unknown): void {
    this.#acknowledge(null, answer);
  }

  /** Never answers the last subscription. */
  fallSilent(): void {
    this.#acknowledge(new Error('operation has timed out'), undefined);
  }

  update(position: number, id = `op-${position}`): void {
    this.say('recovery_update', updateOf(position, id));
  }
}

export function updateOf(position: number, id: string) {
  return {
    operation_id: id,
    state: 'in_progress',
    timestamp: new Date(position * 1_000).toISOString(),
    position,
    function_name: 'f',
    seq: 1,
    from_state: null,
    event: 'start',
    attempt: 1,
    reason: null,
  };
}

export const problem = (status: number, code: string) => ({
  type: `urn:problem:xstate-recovery:${code.toLowerCase()}`,
  title: 'No',
  status,
  code,
});

/** What socket.io's client says where a server refused it for a reason of its own. */
export const refusal = (status: number, code: string) =>
  Object.assign(new Error('No'), { data: problem(status, code) });
