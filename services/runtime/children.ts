import { setMaxListeners } from 'node:events';
import {
  CircuitOpenError,
  ConfigError,
  OperationCancelledError,
  OperationExhaustedError,
  OperationFailedError,
} from '../errors.ts';
import type { ChildOptions, StatePersistence, Transition } from '../ports.ts';
import { checkKeys, Problems } from '../problems.ts';
import { checkedChildKey, childId } from './child-id.ts';
import { Definition } from './definition.ts';
import type { LiveOperation } from './live-operation.ts';
import type { ParentCall } from './parent-call.ts';
import type { Starting, WantedChild } from './starting.ts';
import type { Waits } from './waits.ts';

export interface ChildrenParts {
  readonly starting: Starting;
  readonly waits: Waits;
  readonly definitions: ReadonlyMap<string, Definition>;
  readonly persistence: Pick<StatePersistence, 'transitions'>;
}

/** `op.child`: operations that belong to another one. */
export class Children {
  readonly #parts: ChildrenParts;

  constructor(parts: ChildrenParts) {
    this.#parts = parts;
  }

  /** The outcome of a parent's child, which is begun where there is none yet. */
  async run(
    parent: LiveOperation,
    call: ParentCall,
    definition: unknown,
    input: unknown,
    options: ChildOptions,
  ): Promise<unknown> {
    const { key, metadata } = checked(options);
    const wanted = {
      definition: this.#own(definition),
      id: childId(parent.id, key, parent.actor.getSnapshot().context.undone),
      input,
      metadata,
      bound: call.deadline,
      parent: {
        id: parent.id,
        refuse: () => call.refuseStep(),
        refuseSecrets: (json: string | null) =>
          parent.secrets?.refuse(json, 'the input of a child'),
      },
    };
    call.refuseStep();
    this.#parts.waits.begin(parent, call);
    try {
      return await unlessAborted(call.signal, this.#outcome(wanted));
    } finally {
      this.#parts.waits.end(parent, call);
    }
  }

  #own(definition: unknown): Definition {
    const own =
      definition instanceof Definition &&
      this.#parts.definitions.get(definition.name) === definition;
    if (own) return definition;
    throw new ConfigError('the definition of a child must be one of the same recovery');
  }

  async #outcome(wanted: WantedChild): Promise<unknown> {
    const { starting } = this.#parts;
    const child = await starting.child(wanted);
    try {
      return await child.outcome();
    } catch (error) {
      if (!isEnd(error) || !(await this.#retriedSince(wanted))) throw error;
    }
    return (await starting.childAgain(wanted)).outcome();
  }

  /**
   * Whether an operator has retried the parent after it was settled how the child ends; the order of the store's transitions tells. What it
   * takes back comes later, and may have gone on when the parent was retried.
   */
  async #retriedSince({ id, parent }: WantedChild): Promise<boolean> {
    const { persistence } = this.#parts;
    const newest = { operationId: id, order: 'newest', limit: 10_000 } as const;
    const settled = (await persistence.transitions(newest)).find(isNoUndo);
    const since = settled?.position ?? 0;
    const later = await persistence.transitions({ operationId: parent.id, since, limit: 10_000 });
    return later.some(({ event }) => event === 'retry');
  }
}

/** Not of what is done while an operation takes back, which ends with the event of its last undo. */
const isNoUndo = ({ event, reason }: Transition): boolean =>
  !event.startsWith('undo.') && !(event === 'due' && reason?.kind === 'undo');

/** The child itself has ended badly; anything else happened to the process or the store. */
const isEnd = (error: unknown): boolean =>
  error instanceof OperationFailedError ||
  error instanceof OperationExhaustedError ||
  error instanceof OperationCancelledError ||
  error instanceof CircuitOpenError;

/** The call hears at once of its time-out, its cancel or the closing, whatever becomes of the child. */
function unlessAborted<T>(signal: AbortSignal, outcome: Promise<T>): Promise<T> {
  // Each child that is waited for listens; eleven are no leak.
  setMaxListeners(0, signal);
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    outcome.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

function checked(options: ChildOptions): ChildOptions {
  const problems = new Problems();
  const isObject = typeof options === 'object' && options !== null;
  if (problems.check(isObject, 'options', options, 'must be an object with a key')) {
    checkKeys(problems, options, ['key', 'metadata']);
  }
  problems.throwIfAny('child');
  checkedChildKey(options.key);
  return options;
}
