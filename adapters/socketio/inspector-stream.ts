import { ConfigError } from '../../services/errors.ts';
import type { Logger, Recovery } from '../../services/ports.ts';
import { type Acknowledgement, inspectSchema, parse } from '../../services/protocol.ts';
import { type CreateInspector, type InspectorView, inspectRecovery } from '../inspector/index.ts';
import { frameOf } from './frame.ts';
import type { Wire } from './wire.ts';

/** Finds `createInspector` of `@statelyai/inspect`, which an app may not have. */
export type LoadInspector = () => Promise<CreateInspector>;

/** Messages that may wait for a viewer; of more its view ends. */
const MOST_WAITING = 5_000;

/** What Stately's inspector is shown of the living actors, by one client that asks for it. */
export class InspectorStream {
  readonly #recovery: Pick<Recovery, 'inspect'>;
  readonly #wire: Wire;
  readonly #load: LoadInspector;
  readonly #logger: Logger;
  #view: InspectorView | undefined;
  #waiting = 0;
  #turn = 0;

  constructor(
    recovery: Pick<Recovery, 'inspect'>,
    wire: Wire,
    load: LoadInspector,
    logger: Logger,
  ) {
    this.#recovery = recovery;
    this.#wire = wire;
    this.#load = load;
    this.#logger = logger;
  }

  /**
   * Begins a view, and ends the one before.
   * @throws ConfigError where `@statelyai/inspect` is not installed
   */
  async begin(message: unknown): Promise<Acknowledgement<unknown>> {
    const parsed = parse(inspectSchema, message);
    if (!parsed.ok) return parsed;
    this.stop();
    const turn = this.#turn;
    const createInspector = await this.#load();
    if (turn !== this.#turn || this.#wire.closed) return { ok: true, result: {} };
    const { operation_id: operationId, key: breakerKey } = parsed.value;
    this.#view = inspectRecovery(this.#recovery, {
      createInspector,
      ...(operationId === undefined ? {} : { operationId }),
      ...(breakerKey === undefined ? {} : { breakerKey }),
      send: sent => this.#send(sent),
      onError: error => this.#ended(error),
    });
    return { ok: true, result: {} };
  }

  stop(): void {
    this.#turn++;
    this.#view?.stop();
    this.#view = undefined;
  }

  #send(message: unknown): void {
    if (this.#waiting >= MOST_WAITING) throw new TooSlow();
    this.#waiting++;
    void this.#wire.send([frameOf('inspector', message)]).then(() => {
      this.#waiting--;
    });
  }

  #ended(error: unknown): void {
    this.#view = undefined;
    const reason =
      error instanceof TooSlow
        ? `the viewer is too slow: ${MOST_WAITING} messages waited for it`
        : 'the view has ended';
    if (!(error instanceof TooSlow)) this.#logger.warn({ err: error }, 'a view has ended');
    void this.#wire.send([frameOf('inspector_ended', { reason })]);
  }
}

/** `createInspector`, loaded when somebody asks for it. @param load the package, or rejects where there is none */
export const statelyInspector =
  (load: () => Promise<{ readonly createInspector: unknown }>): LoadInspector =>
  async () => {
    try {
      const { createInspector } = await load();
      return createInspector as CreateInspector;
    } catch (cause) {
      throw new ConfigError(
        "the inspector needs the package @statelyai/inspect in the server's app: npm install @statelyai/inspect",
        { cause },
      );
    }
  };

class TooSlow extends ConfigError {
  constructor() {
    super('the viewer is too slow');
  }
}
