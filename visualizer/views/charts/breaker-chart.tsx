import { useMemo } from 'react';
import { replay } from '../../chart/index.ts';
import { problemInWords } from '../../connection/problem-error.ts';
import { wordsOf } from '../../data/states.ts';
import type { Breaker, BreakerUpdate } from '../../data/wire.ts';
import { Notice, Skeleton } from '../../design/layout.tsx';
import { Picture } from './picture.tsx';
import { useMachines } from './use-machines.ts';

const NONE: readonly string[] = [];

export interface BreakerChartProps {
  readonly breaker: Breaker;
  /** Oldest first. */
  readonly history: readonly BreakerUpdate[];
}

/** A breaker's chart, lit where it is. */
export function BreakerChart({ breaker, history }: BreakerChartProps) {
  const { models, problem } = useMachines();
  const model = models?.get('breaker');
  const played = useMemo(
    () => (model === undefined ? undefined : replay(model, history)),
    [model, history],
  );
  // The history may lag behind by a reading; the state itself is what the breaker says.
  const isInStep = played?.active.split('.')[0] === breaker.state;
  const active = useMemo(
    () => [isInStep ? (played?.active ?? '') : breaker.state],
    [isInStep, played, breaker.state],
  );
  if (problem !== null) return <Notice tone="problem">{problemInWords(problem)}</Notice>;
  if (model === undefined || played === undefined) return <Skeleton lines={9} />;
  return (
    <Picture
      model={model}
      active={active}
      taken={played.taken}
      latest={isInStep ? played.latest : NONE}
      label={`The breaker's chart; it is ${wordsOf(breaker.state).toLowerCase()}`}
    />
  );
}
