import type { PlannedStep } from './path-plan.ts';

/** What happens at one go: something is done to the operation, and what follows from that by itself. */
export interface Group {
  readonly steps: readonly PlannedStep[];
  /** Its first move. */
  readonly move: string;
  readonly from: string;
  readonly to: string;
  /** How the breaker answers, where it is asked. */
  readonly answer: 'granted' | 'open' | undefined;
  /** It waits for a slot, or for its lock, afterwards. */
  readonly keptWaiting: 'busy' | 'locked' | undefined;
  /** It is not of the path: a cut has led past it. */
  readonly isExtra?: true;
}

/** What comes by itself where nothing stands in its way. */
const FOLLOWS: Readonly<Record<string, string>> = {
  'pending.queued': 'start',
  'recovering.queued': 'slot',
};

export function groupsOf(steps: readonly PlannedStep[]): Group[] {
  const groups: PlannedStep[][] = [];
  for (const [index, step] of steps.entries()) {
    const before = steps[index - 1];
    const last = groups.at(-1);
    if (before !== undefined && last !== undefined && continues(before, step)) last.push(step);
    else groups.push([step]);
  }
  return groups.map((group, index) => toGroup(group, groups[index + 1]?.[0]));
}

function continues(before: PlannedStep, step: PlannedStep): boolean {
  if (before.passing) return true;
  if (step.move === 'lock.wait') return before.to === 'pending.queued';
  // One that waits for its lock has waited for some time, or nobody would have seen it.
  if (before.to === 'pending.locked') return false;
  return FOLLOWS[before.to] === step.move;
}

function toGroup(steps: readonly PlannedStep[], next: PlannedStep | undefined): Group {
  const [first] = steps;
  const last = steps.at(-1);
  const { move, from, to } = { ...(first as PlannedStep), to: (last as PlannedStep).to };
  const moves = steps.map(step => step.move);
  const answer = moves.includes('open')
    ? 'open'
    : moves.includes('granted')
      ? 'granted'
      : undefined;
  return { steps, move, from, to, answer, keptWaiting: keptBy(to, next) };
}

function keptBy(to: string, next: PlannedStep | undefined): Group['keptWaiting'] {
  if (next === undefined) return undefined;
  if (to === 'pending.locked') return 'locked';
  return to === 'recovering.queued' || to === 'pending.queued' ? 'busy' : undefined;
}
