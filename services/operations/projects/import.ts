import type { OperationContext } from '../../ports.ts';
import type { Unresolved } from './errors.ts';
import { gather } from './gather.ts';
import { type Manifest, manifestOf } from './manifest.ts';
import { checkedName, type PlaceInput, projectFolder } from './places.ts';
import { type Plan, type PlanInput, planFor } from './plan.ts';
import { readSource } from './source.ts';
import { REMOVE_STAGING, Staging } from './staging.ts';
import { alone, placesOf, type Workshop } from './workshop.ts';

export interface ImportInput extends PlaceInput, PlanInput {
  /** Of the project: one name of a folder. */
  readonly name: string;
}

export interface ProjectResult {
  readonly name: string;
  /** Absolute. */
  readonly folder: string;
  readonly models: number;
  readonly nodes: number;
  /** Of all its models. */
  readonly bytes: number;
  /** What was let pass without being there. */
  readonly missing: readonly Unresolved[];
}

/**
 * Makes a project of a workflow: models and nodes are children of the operation, and the project's folder appears whole, by one rename, or not at all.
 *
 * @throws WorkflowError, CatalogueError, UnresolvedError, ProjectExistsError, ValidationError before anything is written
 */
export async function importProject(
  workshop: Workshop,
  input: ImportInput,
  op: OperationContext,
): Promise<ProjectResult> {
  const name = checkedName(input.name);
  const places = placesOf(workshop, input);
  const staging = new Staging(places, name, op.id);
  const folder = projectFolder(places, name);
  const plan = await op.step('plan', () =>
    alone(places, op.signal, async () => {
      await staging.refuseExisting();
      const { plan, source } = await planFor(workshop, places, input);
      // Nothing is written before it is durable who takes it back.
      await op.onUndo(REMOVE_STAGING, staging.removal);
      await staging.begin(plan, async () => source.text);
      return plan;
    }),
  );
  const done = await staging.published();
  if (done !== undefined) return resultOf(folder, done);
  await alone(places, op.signal, () =>
    staging.begin(plan, async () => (await readSource(input)).text),
  );
  const gathered = await gather(workshop, places, op, plan);
  const manifest = manifestOf(plan, gathered, { name, operation: op.id });
  op.signal.throwIfAborted();
  await alone(places, op.signal, () => staging.publish(manifest));
  return resultOf(folder, manifest);
}

export function resultOf(
  folder: string,
  { name, models, nodes, missing }: Manifest,
): ProjectResult {
  const bytes = models.reduce((sum, model) => sum + model.bytes, 0);
  return { name, folder, models: models.length, nodes: nodes.length, bytes, missing };
}

export type { Plan };
