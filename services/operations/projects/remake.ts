import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { RecoveryError } from '../../errors.ts';
import type { OperationContext } from '../../ports.ts';
import type { Drift } from './drift.ts';
import { readNamedFile, readOwn, sha256OfText, writeDurably } from './files.ts';
import { gather } from './gather.ts';
import { type Manifest, manifestOf, manifestText } from './manifest.ts';
import { type OwnProblem, putAside } from './own-files.ts';
import { MANIFEST, ORIGIN, type Places, projectFolder, WORKFLOW } from './places.ts';
import { type Plan, type PlanInput, planFor } from './plan.ts';
import type { Workshop } from './workshop.ts';

/** Where a workflow's needs come from, as an import has it. */
export type ResolvingInput = Pick<PlanInput, 'catalogue' | 'allowMissing' | 'trust'>;

/** What has come of it. */
export interface Remade {
  /** `null` where none could be made. */
  readonly manifest: Manifest | null;
  readonly drift: readonly Drift[];
}

/**
 * A manifest made anew from the workflow, where neither it nor its copy is sound: like an import, with all that is there already taken as it is. None is made
 * where the workflow is gone or no good any more, or needs what nobody knows: one without that would say that the project has no use for it.
 */
export async function remade(
  workshop: Workshop,
  places: Places,
  input: ResolvingInput & { readonly name: string },
  problems: readonly OwnProblem[],
  op: OperationContext,
): Promise<Remade> {
  const folder = projectFolder(places, input.name);
  const plan = await op.step('plan', () => planOf(workshop, places, join(folder, WORKFLOW), input));
  if (typeof plan === 'string') return unmade(problems, plan);
  if (plan.missing.length > 0 && input.allowMissing !== true) {
    const lacking = plan.missing.map(({ kind, name, problem }) => ({ kind, name, problem }));
    const why = 'it is not known where all that the workflow needs comes from';
    return unmade(problems, why, lacking);
  }
  const gathered = await gather(workshop, places, op, plan);
  const manifest = manifestOf(plan, gathered, { name: input.name, operation: op.id });
  const workflow = await readNamedFile(join(folder, WORKFLOW));
  if (sha256OfText(workflow) !== plan.workflow.sha256) {
    return unmade(problems, 'the workflow was changed meanwhile');
  }
  await mkdir(join(folder, ORIGIN), { recursive: true });
  await put(join(folder, ORIGIN, WORKFLOW), workflow);
  await put(join(folder, ORIGIN, MANIFEST), manifestText(manifest));
  await put(join(folder, MANIFEST), manifestText(manifest));
  return { manifest, drift: problems.map(problem => ({ ...problem, repaired: true })) };
}

/** In words why there is no plan. */
async function planOf(
  workshop: Workshop,
  places: Places,
  file: string,
  { catalogue, trust }: ResolvingInput,
): Promise<Plan | string> {
  try {
    const said = { ...(catalogue && { catalogue }), ...(trust === undefined ? {} : { trust }) };
    return (await planFor(workshop, places, { ...said, file, allowMissing: true })).plan;
  } catch (error) {
    if (!(error instanceof RecoveryError)) throw error;
    return error.message;
  }
}

function unmade(
  problems: readonly OwnProblem[],
  error: string,
  lacking: readonly OwnProblem[] = [],
): Remade {
  const own = problems.map(problem => ({ ...problem, repaired: false, error }));
  return {
    manifest: null,
    drift: [...own, ...lacking.map(each => ({ ...each, repaired: false }))],
  };
}

async function put(file: string, text: string): Promise<void> {
  if (typeof (await readOwn(file)) === 'string') await putAside(file);
  await writeDurably(file, text);
}
