import { z } from 'zod';
import {
  ConfigError,
  ErrorCode,
  OperationNotFoundError,
  RecoveryError,
  ValidationError,
} from '../../services/errors.ts';
import type {
  BreakerOrder,
  BreakerView,
  ForcedBreakerState,
  ForceOptions,
  ListQuery,
  OperationSummaryView,
  OperationTransition,
  OperationView,
  Page,
  StartOptions,
  StepRecord,
} from '../../services/ports.ts';
import {
  breakerFrom,
  breakerSchema,
  type OperationResource,
  operationFrom,
  operationSchema,
  operationSummarySchema,
  recoveryUpdateSchema,
  stepFrom,
  stepSchema,
  summaryFrom,
  transitionFrom,
} from '../../services/protocol.ts';
import { type ServerAddress, sendableToken, serverAddress } from './address.ts';
import { ask, type Exchange, type Fetch } from './exchange.ts';
import { ServerRefusedError } from './problem-error.ts';

export interface RecoveryClientOptions {
  /** As the server prints it: `http://127.0.0.1:3000`, or `https://ops.example.com/recovery`. */
  readonly url: string;
  /** @default none */
  readonly token?: string;
  /** Milliseconds in which an answer must have come. @default 30000 */
  readonly timeout?: number;
  /** @default the platform's */
  readonly fetch?: Fetch;
}

/** An operation with what has become of it. */
export interface OperationDetails {
  readonly view: OperationView;
  /** Oldest first. */
  readonly history: readonly OperationTransition[];
  readonly steps: readonly StepRecord[];
}

/** What a steering command comes to. */
export interface Steered {
  /** False where the operation's chart did not allow it, or where it had ended already. */
  readonly changed: boolean;
  readonly operation: OperationView;
}

const TIMEOUT = 30_000;
const MAX_TIMEOUT = 2 ** 31 - 1;

const pageSchema = z.object({ operations: z.array(operationSchema), next: z.string().optional() });
const summariesSchema = pageSchema.extend({ operations: z.array(operationSummarySchema) });
const detailsSchema = operationSchema.extend({
  history: z.array(recoveryUpdateSchema),
  steps: z.array(stepSchema),
});
const steeredSchema = z.object({ changed: z.boolean(), operation: operationSchema });
const breakersSchema = z.object({ breakers: z.array(breakerSchema) });

/**
 * A recovery that another process serves over HTTP. Everything is given as the library gives it: views, instants as epoch milliseconds.
 * Every method can throw a `ServerUnreachableError`, a `ForeignAnswerError`, a `ServerRefusedError` and what the recovery itself throws. Nothing is asked twice.
 */
export class RecoveryClient {
  readonly address: ServerAddress;
  readonly #exchange: Exchange;

  /**
   * @throws ValidationError for an address or a token that cannot be used
   * @throws ConfigError for a time-out that cannot be used
   */
  constructor({ url, token, timeout = TIMEOUT, fetch = globalThis.fetch }: RecoveryClientOptions) {
    if (!Number.isInteger(timeout) || timeout < 1 || timeout > MAX_TIMEOUT) {
      throw new ConfigError(`timeout must be an integer from 1 to ${MAX_TIMEOUT}, got ${timeout}`, {
        details: { option: 'timeout', value: timeout },
      });
    }
    this.address = serverAddress(url);
    this.#exchange = {
      address: this.address,
      token: token === undefined ? undefined : sendableToken(token),
      timeout,
      fetch,
    };
  }

  async list(query: ListQuery = {}): Promise<Page<OperationView>> {
    // In a body, since addresses end up in logs.
    const { operations, next } = await ask(this.#exchange, '/api/operations/search', pageSchema, {
      body: searchOf(query),
      looks: true,
    });
    const items = operations.map(operationFrom);
    return next === undefined ? { items } : { items, next };
  }

  /** The same operations as `list`, without what they are about: for long lists. */
  async summaries(query: ListQuery = {}): Promise<Page<OperationSummaryView>> {
    const body = { ...searchOf(query), fields: 'summary' };
    const { operations, next } = await ask(
      this.#exchange,
      '/api/operations/search',
      summariesSchema,
      { body, looks: true },
    );
    const items = operations.map(summaryFrom);
    return next === undefined ? { items } : { items, next };
  }

  async view(id: string): Promise<OperationView | undefined> {
    return (await this.#find(id))?.view;
  }

  /** @throws OperationNotFoundError */
  async details(id: string): Promise<OperationDetails> {
    const found = await this.#find(id);
    if (found === undefined) throw new OperationNotFoundError(id);
    return found;
  }

  async #find(id: string): Promise<OperationDetails | undefined> {
    try {
      const { history, steps, ...operation } = await ask(this.#exchange, pathOf(id), detailsSchema);
      return {
        view: operationFrom(operation as OperationResource),
        history: history.map(transitionFrom),
        steps: steps.map(step => stepFrom(id, step)),
      };
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  /**
   * Starts an operation of a definition; resolves when it is durable.
   * @throws OperationConflictError, OverloadedError
   */
  async start(
    name: string,
    input: unknown,
    { id, metadata }: Pick<StartOptions, 'id' | 'metadata'> = {},
  ): Promise<OperationView> {
    const body = { function_name: name, input, operation_id: id, metadata };
    return operationFrom(await ask(this.#exchange, '/api/operations', operationSchema, { body }));
  }

  /** @throws OperationNotFoundError */
  cancel(id: string, reason?: string): Promise<Steered> {
    return this.#steer(id, 'cancel', reason === undefined ? {} : { body: { reason } });
  }

  /** @throws OperationNotFoundError */
  pause(id: string): Promise<Steered> {
    return this.#steer(id, 'pause');
  }

  /** @throws OperationNotFoundError */
  continue(id: string): Promise<Steered> {
    return this.#steer(id, 'continue');
  }

  /**
   * Lets a failed or exhausted operation try again.
   * @throws OperationNotFoundError
   * @throws OperationConflictError when it is neither
   */
  async retry(id: string): Promise<OperationView> {
    return operationFrom(await this.#command(id, 'retry', operationSchema));
  }

  async breakers(): Promise<readonly BreakerView[]> {
    const { breakers } = await ask(this.#exchange, '/api/breakers', breakersSchema);
    return breakers.map(breakerFrom);
  }

  /** Forces the breaker of a key into a state, also of one that nothing has used yet. */
  async forceBreaker(
    key: string,
    to: ForcedBreakerState,
    options: ForceOptions = {},
  ): Promise<BreakerView> {
    const body = { key, to, ...options };
    return breakerFrom(await ask(this.#exchange, '/api/breakers/force', breakerSchema, { body }));
  }

  /** Closes a breaker, with nothing counted; undefined where nothing has used it yet. */
  async resetBreaker(key: string, order: BreakerOrder = {}): Promise<BreakerView | undefined> {
    const body = { key, ...order };
    try {
      return breakerFrom(await ask(this.#exchange, '/api/breakers/reset', breakerSchema, { body }));
    } catch (error) {
      if (error instanceof ServerRefusedError && error.problem.code === 'BREAKER_NOT_FOUND') {
        return undefined;
      }
      throw error;
    }
  }

  async #steer(id: string, command: string, request: { body?: unknown } = {}): Promise<Steered> {
    const { changed, operation } = await this.#command(id, command, steeredSchema, request);
    return { changed, operation: operationFrom(operation) };
  }

  async #command<Schema extends z.ZodType>(
    id: string,
    command: string,
    schema: Schema,
    request: { readonly body?: unknown } = {},
  ): Promise<z.infer<Schema>> {
    const path = `${pathOf(id)}/${command}`;
    try {
      return await ask(this.#exchange, path, schema, { method: 'POST', ...request });
    } catch (error) {
      throw isNotFound(error) ? new OperationNotFoundError(id) : error;
    }
  }
}

const isNotFound = (error: unknown): boolean =>
  error instanceof RecoveryError && error.code === ErrorCode.OPERATION_NOT_FOUND;

/** @throws OperationNotFoundError, ValidationError for ids that no address can have in it */
function pathOf(id: string): string {
  if (id === '') throw new OperationNotFoundError(id);
  // Escaped or not, these are steps up and down for every URL parser.
  if (id === '.' || id === '..') {
    throw new ValidationError(`an operation with the id "${id}" cannot be named in an address`);
  }
  return `/api/operations/${encodeURIComponent(id)}`;
}

function searchOf(query: ListQuery) {
  const { breakerKey, createdFrom, createdBefore, ...rest } = query;
  return {
    ...rest,
    breaker_key: breakerKey,
    created_from: instant(createdFrom),
    created_before: instant(createdBefore),
  };
}

const instant = (at: number | undefined): string | undefined =>
  at === undefined ? undefined : new Date(at).toISOString();
