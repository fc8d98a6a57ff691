import type { Setting } from './move-events.ts';
import { moveAt } from './moves.ts';
import {
  essenceOf,
  isPassing,
  isUndoing,
  leafOf,
  type ModelEvent,
  type ModelSnapshot,
  nextModel,
} from './operation-model.ts';
import type { OutcomeName } from './outcomes.ts';
import type { Group } from './path-groups.ts';

/** What may happen to one whose process has died, whatever the path is about. */
const NAMES: ReadonlySet<OutcomeName> = new Set([
  'crash',
  'cancel',
  'hang',
  'success',
  'deadline',
  'busy',
  'locked',
]);
export const ANYTHING: Setting['outcomes'] = {
  names: NAMES,
  failures: [],
  returning: undefined,
  registrations: [],
};

/** What stands in its way after a restart. */
export interface Obstacles {
  /** The breaker lets nothing through. */
  readonly denied: boolean;
  /** Others have all slots, or its lock. */
  readonly kept: 'busy' | 'locked' | undefined;
}

/** What comes next by itself after a restart, in each state. */
const NEXT: Readonly<Record<string, string>> = {
  'pending.queued': 'start',
  'pending.locked': 'lock.granted',
  'recovering.queued': 'slot',
  'recovering.blocked': 'released',
  'recovering.backoff': 'due',
  'recovering.undoing': 'due',
  'in_progress.admitting': 'granted',
  'in_progress.running': 'crash',
  'in_progress.falling_back': 'crash',
  'in_progress.undoing': 'crash',
};

/** Where a restored operation comes to rest. */
export function afterRestart(
  found: ModelSnapshot,
  setting: Setting & { readonly now: number },
  obstacles: Obstacles,
): ModelSnapshot {
  const around = { ...setting, outcomes: ANYTHING };
  let snapshot = found;
  let isAnew = false;
  for (;;) {
    const event = nextOf(snapshot, around, obstacles, isAnew);
    if (event === undefined) return snapshot;
    snapshot = nextModel(snapshot, event);
    // What it has begun in this process is not cut short by the end of the last one.
    const leaf = leafOf(snapshot.value);
    isAnew ||= leaf === 'in_progress.admitting' || NEXT[leaf] === 'crash';
  }
}

function nextOf(
  snapshot: ModelSnapshot,
  setting: Setting & { readonly now: number },
  { denied, kept }: Obstacles,
  isAnew: boolean,
): ModelEvent | undefined {
  const leaf = leafOf(snapshot.value);
  const next = NEXT[leaf] ?? '';
  if (leaf === 'in_progress.admitting' && denied) return refusal(setting.now);
  if (next === 'due' && !isPassing(snapshot, setting.now)) return undefined;
  if (kept !== undefined && WAITS.includes(leaf)) {
    const holds = kept === 'locked' && leaf === 'pending.queued';
    return holds ? moveAt(snapshot, 'lock.wait', setting) : late(snapshot, setting);
  }
  // It runs, or waits for the breaker, anew.
  if (isAnew && (next === 'crash' || next === 'released')) return late(snapshot, setting);
  return moveAt(snapshot, next, setting);
}

const LATE: Readonly<Record<string, string>> = {
  'pending.queued': 'expire',
  'pending.locked': 'expire',
  'recovering.queued': 'slot.expired',
  'recovering.blocked': 'gate.expired',
  'in_progress.running': 'hang',
};

/** Its time is over. */
function late(snapshot: ModelSnapshot, setting: Setting & { readonly now: number }) {
  const { deadline } = snapshot.context.policy;
  if (deadline === null || deadline > setting.now) return undefined;
  return moveAt(snapshot, LATE[leafOf(snapshot.value)] ?? '', setting);
}

const refusal = (at: number): ModelEvent =>
  ({ type: 'permit.denied', move: 'open', breaker: 'isolated', retryAt: null, at }) as ModelEvent;

/** Where it waits for others. */
const WAITS: readonly string[] = ['pending.queued', 'pending.locked', 'recovering.queued'];
const GOES_ON: readonly string[] = ['start', 'slot', 'lock.granted'];

/** Who has to stand in its way after the restart, for the path to go on. */
export function keptBy(
  found: ModelSnapshot,
  group: Group,
  next: Group | undefined,
  now: number,
): Obstacles['kept'] {
  const leaf = leafOf(found.value);
  const waits = WAITS.includes(leaf) || (leaf === 'recovering.backoff' && isPassing(found, now));
  if (!waits) return undefined;
  if (leaf === 'pending.queued' && group.steps.some(({ move }) => move === 'lock.wait')) {
    return 'locked';
  }
  const waiting = leaf === 'recovering.backoff' ? 'recovering.queued' : leaf;
  const coming = group.to === waiting ? next : group.from === waiting ? group : undefined;
  if (coming === undefined || GOES_ON.includes(coming.move)) return undefined;
  return coming.from === 'pending.locked' ? 'locked' : 'busy';
}

/** Whether the breaker has to let nothing through after the restart, for the path to go on. */
export function staysDenied(found: ModelSnapshot, group: Group, next: Group | undefined): boolean {
  const leaf = leafOf(found.value);
  if (leaf === 'recovering.blocked') {
    const coming = group.from === leaf ? group : group.to === leaf ? next : undefined;
    return coming !== undefined && coming.move !== 'released';
  }
  return group.answer === 'open' && leaf === group.from && !leaf.startsWith('in_progress');
}

/** The group that a path goes on with, where a restart has brought the operation into a state; undefined where none begins there. */
export function goOnAt(
  groups: readonly Group[],
  begun: ModelSnapshot | undefined,
  model: ModelSnapshot,
): number | undefined {
  const leaf = leafOf(model.value);
  for (let index = 0; index < groups.length; index++) {
    const group = groups[index] as Group;
    if (group.from !== leaf) continue;
    if (index === 0 && begun !== undefined && hasHappened(group, begun, model)) continue;
    return index;
  }
  return undefined;
}

/** Where it leads back to the state that it began in, the counts tell. */
function hasHappened({ from, to, move }: Group, begun: ModelSnapshot, model: ModelSnapshot) {
  if (from !== to) return false;
  if (move === 'crash' || move === 'shutdown') return true;
  const [before, now] = [begun.context, model.context];
  const [undosBefore, undosNow] = [before.undos, now.undos];
  // Something was registered, or taken back, or that was tried.
  if ((undosBefore?.left.length ?? 0) !== (undosNow?.left.length ?? 0)) return true;
  if ((undosNow?.failures ?? 0) > (undosBefore?.failures ?? 0)) return true;
  return now.counts.retries > before.counts.retries;
}

function endingMove({ move }: Group, model: ModelSnapshot): string {
  if (leafOf(model.value) === 'recovering.undoing') return 'due';
  if (isUndoing(model)) return 'success';
  return move === 'cancel' ? 'cancel' : /expired?$/.test(move) ? 'hang' : 'success';
}

/** An end like the path's last one, for an operation that the crash has led past it. */
export function endLike(last: Group, model: ModelSnapshot, setting: Setting): Group | undefined {
  const move = endingMove(last, model);
  const event = moveAt(model, move, { ...setting, outcomes: ANYTHING });
  if (event === undefined) return undefined;
  const next = nextModel(model, event);
  const [from, to] = [leafOf(model.value), leafOf(next.value)];
  const { type } = event;
  const step = {
    move,
    type,
    from,
    to,
    attempt: next.context.attempt,
    essence: essenceOf(next),
    passing: isPassing(next),
  };
  return {
    steps: [step],
    move,
    from,
    to,
    answer: undefined,
    keptWaiting: undefined,
    isExtra: true,
  };
}
