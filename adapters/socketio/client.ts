import type { Socket } from 'socket.io';
import type { Logger, Recovery } from '../../services/ports.ts';
import {
  type Acknowledgement,
  breakerOf,
  type CommandName,
  commandSchemas,
  parse,
  subscribeSchema,
  summaryOf,
} from '../../services/protocol.ts';
import { type Caller, type Role, suffices } from '../http/access.ts';
import { commandsOf, type Outcomes, type Steered } from '../http/commands.ts';
import { problemOf } from '../http/problem.ts';
import { Refusal } from '../http/refusal.ts';
import { Follower } from './follower.ts';
import type { InspectorStream } from './inspector-stream.ts';
import type { Limits } from './limits.ts';
import { MOST_REFUSED } from './options.ts';
import type { Pace } from './pace.ts';
import type { ProgressTeller } from './progress.ts';
import { type SocketOf, Wire } from './wire.ts';

export interface ClientParts {
  readonly recovery: Recovery;
  readonly progress: ProgressTeller;
  readonly limits: Limits;
  readonly pace: Pace;
  /** What a connection is written to, where it has become a WebSocket after it began as another. */
  readonly socketOf: SocketOf;
  readonly logger: Logger;
}

type Answer = (answer: Acknowledgement<unknown>) => void;

/** How each outcome is told: without inputs and outputs, which whoever wants them asks for. */
const TOLD: { readonly [Name in CommandName]: (outcome: Outcomes[Name]) => unknown } = {
  start: summaryOf,
  cancel: steered,
  retry: summaryOf,
  pause: steered,
  continue: steered,
  force_breaker: breakerOf,
  reset_breaker: breakerOf,
};

function steered({ changed, operation }: Steered) {
  return { changed, operation: summaryOf(operation) };
}

/** One client that has said who it is. */
export class Client {
  readonly #socket: Socket;
  readonly #caller: Caller;
  readonly #parts: ClientParts;
  readonly #commands: ReturnType<typeof commandsOf>;
  readonly #wire: Wire;
  readonly #follower: Follower;
  readonly #inspector: InspectorStream;
  /** Messages in a row that were over a limit. */
  #refused = 0;

  constructor(
    socket: Socket,
    caller: Caller,
    parts: ClientParts,
    inspector: (wire: Wire) => InspectorStream,
  ) {
    const { recovery, logger } = parts;
    this.#socket = socket;
    this.#caller = caller;
    this.#parts = parts;
    this.#commands = commandsOf(recovery);
    this.#wire = new Wire(socket.conn, parts.socketOf);
    this.#follower = new Follower(recovery, this.#wire, parts.pace, logger);
    this.#inspector = inspector(this.#wire);
    socket.onAny((event: unknown, ...args: unknown[]) => {
      // Only a logger that throws comes to this, and there is nobody left to tell.
      this.#arrived(event, args).catch(() => {});
    });
    socket.once('disconnect', reason => {
      this.#follower.stop();
      this.#inspector.stop();
      parts.progress.remove(this.#wire);
      logger.debug({ caller: caller.id, reason }, 'a client has left');
    });
  }

  async #arrived(event: unknown, args: readonly unknown[]): Promise<void> {
    const answer = args.at(-1);
    const begun = performance.now();
    // Where nobody waits for an answer a message still counts, but does nothing.
    const tell: Answer = typeof answer === 'function' ? (answer as Answer) : () => {};
    let code = 'OK';
    try {
      const name = await this.#admitted(event, args);
      const acknowledgement = await this.#carriedOut(name, args[0], tell);
      if (acknowledgement?.ok === false) code = acknowledgement.problem.code;
      if (acknowledgement !== undefined) tell(acknowledgement);
    } catch (error) {
      const problem = problemOf(error);
      code = problem.code;
      if (problem.status >= 500) this.#parts.logger.error({ code }, 'a message went wrong');
      tell({ ok: false, problem });
    }
    this.#count(code);
    const duration = Math.round((performance.now() - begun) * 1000) / 1000;
    const line = { event: roleFor(event) && event, caller: this.#caller.id, code, duration };
    if (roleFor(event) === 'operator' && code === 'OK') this.#parts.logger.info(line, 'command');
    else this.#parts.logger.debug(line, 'message');
  }

  /**
   * The name of an event that may be looked at.
   * @throws Refusal that says why it may not
   */
  async #admitted(event: unknown, args: readonly unknown[]): Promise<string> {
    const { remoteAddress } = this.#socket.conn;
    if (!(await this.#parts.limits.message(`${this.#caller.id} ${remoteAddress}`))) {
      throw new Refusal('RATE_LIMITED');
    }
    const role = roleFor(event);
    if (role === undefined) throw new Refusal('BAD_REQUEST', 'there is no such event');
    if (!suffices(this.#caller.role, role)) throw new Refusal('FORBIDDEN');
    if (args.length !== 2 || typeof args[1] !== 'function') {
      throw new Refusal('BAD_REQUEST', 'an event has one message and an acknowledgement');
    }
    return event as string;
  }

  /** Whoever does not listen to refusals is not worth the answers. */
  #count(code: string): void {
    this.#refused = code === 'RATE_LIMITED' ? this.#refused + 1 : 0;
    if (this.#refused > MOST_REFUSED) this.#socket.disconnect(true);
  }

  async #carriedOut(
    event: string,
    message: unknown,
    tell: Answer,
  ): Promise<Acknowledgement<unknown> | undefined> {
    if (isCommand(event)) return this.#command(event, message);
    if (event === 'inspect') return this.#inspector.begin(message);
    const parsed = parse(subscribeSchema, message);
    if (!parsed.ok) return parsed;
    if (!(await this.#parts.limits.subscription(this.#socket.id))) {
      throw new Refusal('RATE_LIMITED');
    }
    // What follows comes after the answer.
    const begun = await this.#follower.follow(parsed.value, position => {
      tell({ ok: true, result: { position } });
      this.#parts.progress.add(this.#wire, parsed.value);
    });
    if (!begun) throw new Refusal('BAD_REQUEST', 'a later subscription has come in its place');
    return undefined;
  }

  async #command<Name extends CommandName>(
    name: Name,
    message: unknown,
  ): Promise<Acknowledgement<unknown>> {
    const parsed = parse(commandSchemas[name], message);
    if (!parsed.ok) return parsed;
    const carryOut = this.#commands[name] as (command: unknown) => Promise<Outcomes[Name]>;
    return { ok: true, result: TOLD[name](await carryOut(parsed.value)) };
  }
}

const isCommand = (event: string): event is CommandName => Object.hasOwn(commandSchemas, event);

function roleFor(event: unknown): Role | undefined {
  if (event === 'subscribe') return 'viewer';
  if (event === 'inspect') return 'operator';
  return typeof event === 'string' && isCommand(event) ? 'operator' : undefined;
}
