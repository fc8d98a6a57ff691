import { useMemo } from 'react';
import { replay } from '../../chart/index.ts';
import { problemInWords } from '../../connection/problem-error.ts';
import { wordsOf } from '../../data/states.ts';
import type { RecoveryUpdate } from '../../data/wire.ts';
import { Notice, Skeleton } from '../../design/layout.tsx';
import { Picture } from './picture.tsx';
import { useMachines } from './use-machines.ts';

export interface OperationChartProps {
  readonly history: readonly RecoveryUpdate[];
  /** The transition that is looked at. */
  readonly index: number;
}

/** An operation's chart as it is, or was, at a moment: where it is, the path that it took, and the arrow that it took last. */
export function OperationChart({ history, index }: OperationChartProps) {
  const { models, problem } = useMachines();
  const model = models?.get('operation');
  const steps = useMemo(
    () => (model === undefined ? undefined : replay(model, history).steps),
    [model, history],
  );
  const taken = useMemo(
    () => new Set(steps?.slice(0, index + 1).flatMap(step => step.taken)),
    [steps, index],
  );
  const step = steps?.[index];
  const active = useMemo(() => (step === undefined ? [] : [step.active]), [step]);
  if (problem !== null) return <Notice tone="problem">{problemInWords(problem)}</Notice>;
  if (model === undefined || step === undefined) return <Skeleton lines={9} />;
  const words = wordsOf(history[index]?.state ?? '').toLowerCase();
  return (
    <Picture
      model={model}
      active={active}
      taken={taken}
      latest={step.taken}
      label={`The operation's chart; it is ${words}, in ${step.active}`}
    />
  );
}
