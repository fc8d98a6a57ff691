import { useEffect, useState } from 'react';
import { useClient } from '../../app/client.ts';
import { bytes, grouped, percent } from '../../data/numbers.ts';
import { type Measure, measureOf } from '../../data/progress.ts';
import { isFinal } from '../../data/states.ts';
import type { OperationState, ProgressMessage } from '../../data/wire.ts';
import { JsonView } from '../../design/json-view.tsx';

export interface ProgressLineProps {
  readonly id: string;
  readonly state: OperationState;
}

/** How far the function says that it is. Progress is not stored, so there is some only while somebody watches. */
export function ProgressLine({ id, state }: ProgressLineProps) {
  const { hub } = useClient();
  const [latest, setLatest] = useState<ProgressMessage | null>(null);
  useEffect(
    () =>
      hub.listen(({ progress }) => {
        const mine = progress.find(({ operation_id }) => operation_id === id);
        if (mine !== undefined) setLatest(mine);
      }),
    [hub, id],
  );
  if (isFinal(state)) return null;
  if (latest === null) return <div className="progress-line" />;
  const measure = measureOf(latest.value);
  return (
    <div className="progress-line small">
      <span className="muted">Attempt {latest.attempt} says</span>
      {measure === null ? (
        <JsonView value={latest.value} open={1} />
      ) : (
        <>
          <progress
            className="progress"
            aria-label="Progress"
            value={measure.done}
            {...(measure.total === null ? {} : { max: measure.total })}
          />
          <span className="numbers">{inWords(measure)}</span>
        </>
      )}
    </div>
  );
}

function inWords({ done, total, unit }: Measure): string {
  const number = unit === 'bytes' ? bytes : grouped;
  if (total === null) return number(done);
  return `${number(done)} of ${number(total)}, ${percent(done / Math.max(total, 1))}`;
}
