import type { OperationTransition, StatePersistence } from '../ports.ts';

const PAGE = 10_000;

/** Every transition of an operation, oldest first. */
export async function historyOf(
  store: Pick<StatePersistence, 'transitions'>,
  operationId: string,
): Promise<readonly OperationTransition[]> {
  // Without an id a store would tell the transitions of all.
  if (typeof operationId !== 'string') return [];
  const all: OperationTransition[] = [];
  let page: readonly OperationTransition[];
  do {
    const since = all.at(-1)?.position ?? 0;
    const found = await store.transitions({ operationId, since, limit: PAGE });
    page = found as readonly OperationTransition[];
    all.push(...page);
  } while (page.length === PAGE);
  return all;
}
