import type { AnyStateMachine, AnyTransitionDefinition } from 'xstate';
import { breakerMachine } from '../../../../machines/breaker/machine.ts';
import { operationMachine } from '../../../../machines/operation/machine.ts';
import { charts } from '../../../../services/charts/index.ts';
import type { TransitionWrite } from '../../../../services/ports.ts';
import { isRecorded, type RecordedTransition } from '../../../../visualizer/chart/evidence.ts';
import { type ChartModel, chartModel } from '../../../../visualizer/chart/model.ts';

export type ChartName = 'operation' | 'breaker';
export const NAMES: readonly ChartName[] = ['operation', 'breaker'];

export const machineOf = (name: ChartName): AnyStateMachine =>
  name === 'operation' ? operationMachine : breakerMachine;

/** A chart as it comes over the wire. */
export const jsonOf = (name: ChartName): unknown =>
  JSON.parse(JSON.stringify(charts().find(chart => chart.name === name)?.config));

export const operationModel = chartModel(jsonOf('operation'));
export const breakerModel = chartModel(jsonOf('breaker'));
export const modelOf = (name: ChartName) => (name === 'operation' ? operationModel : breakerModel);

/** `{ recovering: 'backoff' }` is `recovering.backoff`. */
export function leafOfValue(value: unknown): string {
  if (typeof value === 'string') return value;
  const [[key, below] = ['', '']] = Object.entries(value as Record<string, unknown>);
  return `${key}.${leafOfValue(below)}`;
}

/** A transition as a history tells it. */
export const recorded = (transition: TransitionWrite): RecordedTransition => ({
  from_state: transition.from,
  state: transition.to,
  event: transition.event,
  attempt: transition.kind === 'operation' ? transition.attempt : undefined,
  reason: transition.reason,
});

/** The id that a real transition has in the model. */
export function arrowIdOf(transition: AnyTransitionDefinition): string {
  const { source, eventType } = transition;
  const index = source.transitions.get(eventType)?.indexOf(transition);
  return `${source.path.join('.')}|${eventType}|${index}`;
}

/** Whether an arrow leads somewhere, or is recorded though it does not. */
export function isSeen(model: ChartModel, id: string): boolean {
  const arrow = model.arrows.get(id);
  return arrow === undefined || arrow.kind !== 'internal' || isRecorded(arrow);
}
