import type { Progress } from '../../../services/ports.ts';
import type { Status } from '../display/status.ts';
import type { Workplace } from '../workplace/workplace.ts';

/**
 * Says once where an operation goes on, as soon as it tells how far it is.
 * @param inWords of a progress value: `resuming at 34.2 MB`
 */
export function announcement(
  place: Workplace,
  { id, label }: Status,
  inWords: (value: unknown) => string,
  say: (line: string) => void,
): (progress: Progress) => void {
  let said = false;
  return ({ attempt, value }) => {
    if (said) return;
    said = true;
    place.details(id).then(
      ({ history }) => {
        const count = (kind: string) =>
          history.filter(({ reason }) => reason?.kind === kind).length;
        const facts = [
          `${label}: ${inWords(value)}`,
          `attempt ${attempt}`,
          ...times('interrupted', count('interrupted')),
          ...times('stopped', count('suspended')),
        ];
        say(facts.join(', '));
      },
      () => undefined, // the trouble is told by the operation's own outcome
    );
  };
}

function times(what: string, n: number): string[] {
  if (n === 0) return [];
  if (n <= 2) return [`${what} ${n === 1 ? 'once' : 'twice'}`];
  return [`${what} ${n} times`];
}
