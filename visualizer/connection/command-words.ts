import type { SteeringAction } from '../data/states.ts';
import { wordsOf } from '../data/states.ts';
import type { Commanded } from '../data/wire.ts';

const DONE: Readonly<Record<SteeringAction, string>> = {
  pause: 'Paused',
  continue: 'Going on',
  cancel: 'Cancelled',
  retry: 'Started again',
};

/** What the server answered to a command, in a sentence. */
export function answerInWords(action: SteeringAction, { changed, operation }: Commanded): string {
  const state = wordsOf(operation.state).toLowerCase();
  return changed
    ? `${DONE[action]}. It is ${state} now.`
    : `Nothing changed: its state did not allow it. It is ${state}.`;
}
