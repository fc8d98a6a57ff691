import type { OperationRecord } from '../ports.ts';
import { leafOf, type ModelSnapshot } from './operation-model.ts';

type Fact = readonly [what: string, expected: unknown, actual: unknown];

const unlike = (facts: readonly Fact[]): string[] =>
  facts
    .filter(([, expected, actual]) => JSON.stringify(expected) !== JSON.stringify(actual))
    .map(
      ([what, expected, actual]) =>
        `${what} should be ${JSON.stringify(expected)} and is ${JSON.stringify(actual)}`,
    );

/** In what a living operation differs from the chart. */
export function differences(expected: ModelSnapshot, actual: ModelSnapshot): string[] {
  const facts = unlike(
    Object.entries(factsOf(expected)).map(([what, fact]) => [
      what,
      fact,
      factsOf(actual)[what as keyof ReturnType<typeof factsOf>],
    ]),
  );
  const { error } = actual.context;
  // A function that was to succeed has thrown, most likely.
  return facts.length === 0 || error === null ? facts : [...facts, `its error: ${error.message}`];
}

function factsOf({ value, status, context }: ModelSnapshot) {
  const { attempt, counts, held, wait, ending, undos, error, last } = context;
  return {
    'its state': leafOf(value),
    'its status': status,
    'its attempt': attempt,
    'its counts': counts,
    'whether it has a permit': held !== null,
    'its wait': { dueAt: wait.dueAt, remaining: wait.remaining, delay: wait.delay },
    'the ending that is put off': ending?.state ?? null,
    'its undos': undos,
    'its error': error?.name ?? null,
    'its last transition': [last.seq, last.event, last.at, last.reason?.kind ?? null],
  };
}

/** In what the stored form of an operation differs from the chart. */
export function storeDifferences(
  { value, context }: ModelSnapshot,
  row: OperationRecord | undefined,
): string[] {
  if (row === undefined) return ['the store has nothing of it'];
  const leaf = leafOf(value);
  const stored = row.snapshot as Pick<ModelSnapshot, 'value' | 'context'>;
  // That it waits for a slot now is not written.
  const isWritten = leaf !== 'recovering.queued';
  return unlike([
    ['its stored state', leaf.split('.')[0], row.state],
    ['its stored attempt', context.attempt, row.attempt],
    ['its stored transition', context.last.seq, row.seq],
    ...(isWritten ? ([['its stored leaf', leaf, leafOf(stored.value)]] as const) : []),
    ['its stored due time', context.wait.dueAt, row.dueAt],
    ['its stored undos', context.undos, stored.context.undos],
  ]);
}
