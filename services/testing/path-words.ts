import type { Plan, PlannedStep } from './path-plan.ts';

const WORDS: Readonly<Record<string, string>> = {
  start: 'it starts',
  open: 'the breaker lets nothing through',
  expire: 'its time is over before it could begin',
  pause: 'it is paused',
  resume: 'it goes on',
  cancel: 'it is cancelled',
  due: 'the retry is due',
  released: 'the breaker lets it try',
  'gate.expired': 'its time is over while it waits for the breaker',
  slot: 'it has a slot',
  'slot.expired': 'its time is over while it waits for a slot',
  'lock.wait': 'another operation has its lock',
  'lock.granted': 'it has its lock',
};

/** What a step says, in words; nothing for one that only says what comes anyway. */
export function wordsOf(step: PlannedStep): string | undefined {
  const { move, from, undo } = step;
  if (undo !== undefined) {
    if (move === 'due') return undefined;
    const when = from === 'in_progress.undoing' ? 'during' : 'before the next call of';
    if (move === 'cancel') return `a cancel ${when} undo ${undo} changes nothing`;
  }
  const known = WORDS[move];
  if (known !== undefined) return known;
  const who = whoIn(step);
  if (move.startsWith('registers: ')) {
    return `${who} registers undo ${move.slice('registers: '.length)}`;
  }
  if (move === 'success') return `${who} succeeds`;
  if (move.startsWith('fails: ')) return `${who} fails (${move.slice('fails: '.length)})`;
  if (move === 'hang') return `${who} hangs until its time is over`;
  if (move === 'crash') return `the process dies during ${who}`;
  if (move === 'shutdown') return `the process is shut down during ${who}`;
  if (move === 'broken') return `the actor of ${who} breaks`;
  return move === 'granted' ? undefined : move;
}

function whoIn({ from, attempt, undo }: PlannedStep): string {
  if (undo !== undefined) return `undo ${undo}`;
  return from === 'in_progress.falling_back' ? 'its fallback' : `attempt ${attempt}`;
}

export function describe({ steps, endsIn }: Plan): string {
  const said = steps.map(wordsOf).filter(words => words !== undefined);
  return `${said.join('; ')}; it ends as ${endsIn}`;
}
