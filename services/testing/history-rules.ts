import type { Transition } from '../ports.ts';

/** What is wrong with the positions of a store that nothing was removed from. */
export function positionProblems(transitions: readonly Transition[]): string[] {
  const at = transitions.findIndex(({ position }, index) => position !== index + 1);
  if (at === -1) return [];
  return [`position ${transitions[at]?.position} stands where ${at + 1} belongs`];
}

/** What is wrong with the histories of operations and breakers. */
export function historyProblems(transitions: readonly Transition[]): string[] {
  const histories = new Map<string, Transition[]>();
  for (const transition of transitions) {
    const owner =
      transition.kind === 'operation'
        ? `operation "${transition.operationId}"`
        : `breaker "${transition.key}"`;
    const history = histories.get(owner);
    if (history === undefined) histories.set(owner, [transition]);
    else history.push(transition);
  }
  return [...histories].flatMap(([owner, history]) =>
    problemsOf(history).map(problem => `${owner}: ${problem}`),
  );
}

const isFinal = (state: string): boolean =>
  state === 'success' || state === 'failed' || state === 'exhausted';

function problemsOf(history: readonly Transition[]): string[] {
  const problems: string[] = [];
  for (const [index, transition] of history.entries()) {
    const before = history[index - 1];
    const { seq, from, event } = transition;
    if (before !== undefined && seq !== before.seq + 1) {
      problems.push(`transition ${seq} follows ${before.seq}`);
    }
    if (before !== undefined && from !== before.to) {
      problems.push(`transition ${seq} leaves ${from}, and it was ${before.to}`);
    }
    if (transition.kind === 'breaker' || before?.kind === 'breaker') continue;
    if (before === undefined && (seq !== 1 || from !== null)) {
      problems.push(`its history begins with transition ${seq} from ${from}`);
    }
    if (before === undefined) continue;
    if (isFinal(before.to) && event !== 'retry') {
      problems.push(`it was ${before.to}, and ${event} followed`);
    }
    const begun = transition.attempt - before.attempt;
    if (begun !== 0 && begun !== 1) {
      problems.push(`attempt ${transition.attempt} follows ${before.attempt}`);
    }
  }
  return problems;
}
