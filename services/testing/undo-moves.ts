import { errorToJson } from '../error-json.ts';
import { undoTimedOut } from '../runtime/time-limits.ts';
import { verdictOnUndo } from '../runtime/undo-verdict.ts';
import { broken, dated, ended, type Moves, type Setting } from './move-events.ts';
import { isPassing, type ModelEvent, type ModelSnapshot, nextUndo } from './operation-model.ts';

/** What may happen to what is registered, and to what takes it back, as events of the chart. */

/** The next of the undos that are to be registered; none once all of them are. */
export function registering({ context }: ModelSnapshot, { outcomes }: Setting): Moves {
  const known = context.undos?.left ?? [];
  const next = outcomes.registrations.find(
    ({ name, input }) => !known.some(one => one.name === name && one.input === input),
  );
  if (next === undefined) return [];
  return [{ type: 'undo.registered', move: `registers: ${next.name}`, ...next } as ModelEvent];
}

/** It waits for the next call. */
export function beforeUndo(snapshot: ModelSnapshot, setting: Setting, now: number): Moves {
  const due = ended('timer', 'due', { at: Math.max(now, snapshot.context.wait.dueAt ?? now) });
  return isPassing(snapshot, now) ? [due] : [due, vainCancel(setting, now)];
}

/** An undo is at work. */
export function duringUndo(snapshot: ModelSnapshot, setting: Setting, now: number): Moves {
  const { outcomes } = setting;
  const offers = (name: 'success' | 'hang' | 'crash' | 'shutdown' | 'broken') =>
    outcomes.names.has(name);
  const ends = (move: string, output: unknown) => ended('undo', move, output);
  return [
    offers('success') ? ends('success', { kind: 'succeeded', at: now }) : undefined,
    ...outcomes.failures.map(({ name, error }) =>
      ends(`fails: ${name}`, failed(snapshot, setting, error, now)),
    ),
    offers('hang') ? hung(snapshot, setting, now) : undefined,
    offers('crash') ? ends('crash', { kind: 'interrupted', at: now }) : undefined,
    offers('shutdown') ? ends('shutdown', { kind: 'suspended', at: now }) : undefined,
    offers('broken') ? broken('undo') : undefined,
    vainCancel(setting, now),
  ];
}

/** What is begun is taken back, whoever cancels it meanwhile. */
const vainCancel = ({ outcomes }: Setting, now: number) =>
  outcomes.names.has('cancel') ? dated('cancel', now) : undefined;

function failed({ context }: ModelSnapshot, { policy }: Setting, thrown: unknown, at: number) {
  const { error, verdict } = verdictOnUndo(policy, thrown, context, at);
  return { kind: 'failed', at, error: errorToJson(error), verdict };
}

/** It never ends by itself, where it has no time-out. */
function hung(snapshot: ModelSnapshot, setting: Setting, now: number): ModelEvent | undefined {
  const { timeout } = setting.policy;
  if (timeout === undefined) return undefined;
  const { operationId: id, name, attempt } = snapshot.context;
  const error = undoTimedOut({ id, name, attempt }, nextUndo(snapshot) ?? '', timeout);
  return ended('undo', 'hang', failed(snapshot, setting, error, now + timeout));
}
