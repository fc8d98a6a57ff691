import { usePhase } from '../app/use-phase.ts';
import { problemInWords } from '../connection/problem-error.ts';
import type { Problem } from '../data/wire.ts';
import { Button } from './controls.tsx';
import { Notice } from './layout.tsx';

/** What went wrong with a reading, and how to try again. What was read before may still stand below it. */
export function ProblemNotice({
  problem,
  onRetry,
}: {
  readonly problem: Problem;
  readonly onRetry: () => void;
}) {
  const phase = usePhase();
  // That the server cannot be reached is said once, above.
  const isSaid = phase === 'reconnecting' || phase === 'gone';
  if (isSaid && problem.code === 'UNREACHABLE') return null;
  return (
    <Notice tone="problem" action={<Button onClick={onRetry}>Try again</Button>}>
      {problemInWords(problem)}
    </Notice>
  );
}
