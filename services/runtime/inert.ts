import { createActor, type Snapshot } from 'xstate';
import { operationMachine } from '../../machines/operation/machine.ts';
import type { OperationInput } from '../../machines/operation/types.ts';
import type { OperationRef, OperationSnapshot } from './operation-snapshot.ts';

/** The chart, with nobody above it who could be told. */
export const inertMachine = operationMachine.provide({
  actions: { askForPermit() {}, returnPermit() {} },
});

/**
 * An actor that stands at a stored snapshot and is not started: to look at, and for the chart to decide on events.
 * The actors that the snapshot had are left out; they exist only where the operation runs.
 */
export function inertActor(snapshot: OperationSnapshot): OperationRef {
  const withoutActors = { ...(snapshot as object), children: {} } as unknown as Snapshot<unknown>;
  const input = undefined as unknown as OperationInput;
  return createActor(inertMachine, { snapshot: withoutActors, input });
}
