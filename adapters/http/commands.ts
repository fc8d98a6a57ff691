import { OperationNotFoundError } from '../../services/errors.ts';
import type { BreakerHandle, BreakerView, OperationView, Recovery } from '../../services/ports.ts';
import type { Command, CommandName } from '../../services/protocol.ts';
import { Refusal } from './refusal.ts';

/** What a steering command comes to. */
export interface Steered {
  /** False where the operation's chart did not allow it, or where it had ended already. */
  readonly changed: boolean;
  readonly operation: OperationView;
}

/** What comes of each command, before it is put on a wire. */
export interface Outcomes {
  readonly start: OperationView;
  readonly cancel: Steered;
  readonly retry: OperationView;
  readonly pause: Steered;
  readonly continue: Steered;
  readonly force_breaker: BreakerView;
  readonly reset_breaker: BreakerView;
}

type Commands = {
  readonly [Name in CommandName]: (command: Command<Name>) => Promise<Outcomes[Name]>;
};

/**
 * The commands of every way into the server, carried out on a recovery. Each resolves when what it did is durable.
 * They throw the errors of the recovery, and a Refusal for a definition or a breaker that there is not.
 */
export function commandsOf(recovery: Recovery): Commands {
  const steered = async (id: string, changed: boolean): Promise<Steered> => ({
    changed,
    operation: await viewed(recovery, id),
  });
  return {
    async start({ function_name, input, operation_id, metadata }) {
      const definition = recovery.definition(function_name);
      if (definition === undefined) throw new Refusal('DEFINITION_NOT_FOUND');
      const { id } = await definition.start(input, {
        ...(operation_id === undefined ? {} : { id: operation_id }),
        ...(metadata === undefined ? {} : { metadata }),
      });
      return viewed(recovery, id);
    },
    cancel: async ({ operation_id: id, reason }) => steered(id, await recovery.cancel(id, reason)),
    async retry({ operation_id: id }) {
      await recovery.retry(id);
      return viewed(recovery, id);
    },
    pause: async ({ operation_id: id }) => steered(id, await recovery.pause(id)),
    continue: async ({ operation_id: id }) => steered(id, await recovery.continue(id)),
    async force_breaker({ key, to, ttl, ...order }) {
      const options = { ...given(order), ...(ttl === undefined ? {} : { ttl }) };
      await recovery.forceBreaker(key, to, options);
      return found(recovery, key);
    },
    async reset_breaker({ key, ...order }) {
      await found(recovery, key).reset(given(order));
      return found(recovery, key);
    },
  };
}

/** @throws OperationNotFoundError */
export async function viewed(recovery: Recovery, id: string): Promise<OperationView> {
  const view = await recovery.view(id);
  if (view === undefined) throw new OperationNotFoundError(id);
  return view;
}

function found(recovery: Recovery, key: string): BreakerHandle {
  const breaker = recovery.breaker(key);
  if (breaker === undefined) throw new Refusal('BREAKER_NOT_FOUND');
  return breaker;
}

interface Order {
  readonly reason?: string | undefined;
  readonly by?: string | undefined;
}

const given = ({ reason, by }: Order) => ({
  ...(reason === undefined ? {} : { reason }),
  ...(by === undefined ? {} : { by }),
});
