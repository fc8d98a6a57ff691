import { redactedText } from './redaction.ts';
import { clockTime, duration } from './time.ts';
import type { Reason } from './wire.ts';

export interface Fact {
  readonly name: string;
  readonly value: string;
}

/** The facts that a decision rested on, in words, besides its message. Members that this page does not know are left out. */
export function factsOf(reason: Reason): readonly Fact[] {
  const facts: Fact[] = [];
  const add = (name: string, value: string | undefined) => {
    if (value !== undefined) facts.push({ name, value });
  };
  add('Error category', text(reason.category));
  add('Matched rule', text(reason.rule));
  add('Limit reached', text(reason.limit));
  add('Delay', span(reason.delay));
  add('Strategy', text(reason.strategy));
  add('Drawn with', number(reason.draw)?.toFixed(4));
  add('Server asked for', span(reason.retryAfter));
  const dueAt = number(reason.dueAt);
  add('Due at', dueAt === undefined ? undefined : clockTime(dueAt));
  add('Budget tokens', number(reason.cost)?.toString());
  add('Won by', reason.hedged === true ? 'the hedge, the call begun later' : undefined);
  for (const [name, value] of undoFacts(reason.undo)) add(name, value);
  add('Asked for by', text(reason.by));
  add('Seed', number(reason.seed)?.toString());
  return facts;
}

/** What has become of undos, as far as it can be told. */
function undoFacts(undo: unknown): readonly (readonly [name: string, value: string | undefined])[] {
  const { left, done, failed } = (undo ?? {}) as Readonly<Record<string, unknown>>;
  const names = Array.isArray(failed) ? failed.map(one => text((one as Named | null)?.name)) : [];
  return [
    ['Undos to come', number(left)?.toString()],
    ['Undone', number(done)?.toString()],
    ['Not undone', names.length === 0 ? undefined : names.join(', ')],
  ];
}
interface Named {
  readonly name?: unknown;
}

/** The message; for a transition that needs no reason, what its event says. */
export function explained(reason: Reason | null, event: string): string {
  if (reason !== null && reason.message !== '') return redactedText(reason.message);
  return EVENTS[event] ?? event;
}

const EVENTS: Readonly<Record<string, string>> = {
  start: 'its turn came, and it asked its breaker for a permit',
  due: 'its wait was over, and it asked its breaker for a permit',
};

const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? redactedText(value) : undefined;
const number = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isFinite(value) ? value : undefined;
const span = (value: unknown): string | undefined => {
  const ms = number(value);
  return ms === undefined ? undefined : duration(ms);
};
