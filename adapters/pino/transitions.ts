import type { Logger, ObservedCommit, Recovery, Transition } from '../../services/ports.ts';
import { breakerFields, operationFields } from './fields.ts';
import { levelOf, type TransitionLevel } from './levels.ts';
import { pinoLogger } from './logger.ts';

export interface LogTransitionsOptions {
  /** Where the lines go. @default pinoLogger() */
  readonly logger?: Logger;
  /** Level of a transition's line; `silent` for none. @default as docs/observability.md says */
  readonly level?: (transition: Transition) => TransitionLevel | 'silent';
}

/** As far as it is used here: what pino can say beforehand. */
interface Choosy {
  isLevelEnabled?(level: string): boolean;
}

const FINAL: readonly string[] = ['success', 'failed', 'exhausted'];

/**
 * Writes one line for each durable transition of operations and breakers, in their order.
 * @returns what ends it
 */
export function logTransitions(
  recovery: Pick<Recovery, 'observe'>,
  options: LogTransitionsOptions = {},
): () => void {
  const { logger = pinoLogger(), level = levelOf } = options;
  /** When each unfinished operation came into the state that it is in. */
  const since = new Map<string, number>();

  const duration = ({ operationId, to, at }: Transition & { kind: 'operation' }) => {
    const entered = since.get(operationId);
    if (FINAL.includes(to)) since.delete(operationId);
    else since.set(operationId, at);
    return entered === undefined ? undefined : at - entered;
  };
  const line = (transition: Transition, operation: ObservedCommit['operation']): void => {
    const isOperation = transition.kind === 'operation';
    const spent = isOperation ? duration(transition) : undefined;
    const at = level(transition);
    if (at === 'silent' || (logger as Choosy).isLevelEnabled?.(at) === false) return;
    if (isOperation) {
      const { operationId, name, to } = transition;
      logger[at](
        operationFields(transition, operation(operationId), spent),
        `operation ${name} ${to}`,
      );
    } else logger[at](breakerFields(transition), `breaker ${transition.to}`);
  };

  return recovery.observe({
    committed({ transitions, operation }) {
      for (const transition of transitions) line(transition, operation);
    },
  });
}
