import { ValidationError } from '../errors.ts';
import type { OperationContext, OperationDefinition, Recovery } from '../ports.ts';
import { suggestion } from '../problems.ts';
import { type DeleteInput, type DeleteResult, deleteProject } from './projects/delete.ts';
import { type DuplicateInput, duplicateProject } from './projects/duplicate.ts';
import { type ExportInput, type ExportResult, exportProject } from './projects/export.ts';
import { type ImportInput, importProject, type ProjectResult } from './projects/import.ts';
import { checkInput, type INPUTS } from './projects/inputs.ts';
import { listProjects, type ProjectSummary } from './projects/list.ts';
import { type ChildDefinition, checkOptions, type ProjectsOptions } from './projects/options.ts';
import { checkedName, hashOf, type PlaceInput, projectFolder } from './projects/places.ts';
import { type Plan, type PlanInput, planFor } from './projects/plan.ts';
import {
  REMOVE_STAGING,
  removeStaging,
  type StagingToRemove,
  takeBack,
} from './projects/staging.ts';
import { sweepRoot } from './projects/sweep.ts';
import { EMPTY_WORKFLOW } from './projects/templates.ts';
import { type VerifyInput, type VerifyResult, verifyProject } from './projects/verify.ts';
import { alone, placesOf, type Workshop } from './projects/workshop.ts';

export type { Catalogue, CatalogueModel, CatalogueNode } from './projects/catalogue.ts';
export type { Drift } from './projects/drift.ts';
export {
  CatalogueError,
  type Finding,
  ProjectDamagedError,
  ProjectExistsError,
  ProjectMissingError,
  type Unresolved,
  UnresolvedError,
  WorkflowError,
} from './projects/errors.ts';
export type { ChildProgress, FamilyProgress } from './projects/family.ts';
export type { Manifest, ManifestModel, ManifestNode } from './projects/manifest.ts';
export type * from './projects/orders.ts';
export type { PlannedModel, PlannedNode } from './projects/resolve.ts';
export type { Bundle } from './projects/source.ts';
export type {
  ChildDefinition,
  DeleteInput,
  DeleteResult,
  DuplicateInput,
  ExportInput,
  ExportResult,
  ImportInput,
  PlaceInput,
  Plan,
  PlanInput,
  ProjectResult,
  ProjectSummary,
  ProjectsOptions,
  VerifyInput,
  VerifyResult,
};

export interface CreateInput extends PlaceInput {
  readonly name: string;
  /** One of the manager's templates. @default 'empty' */
  readonly template?: string;
}

/** Projects of a ComfyUI launcher: a folder each, with a workflow, and models and nodes that they share. */
export interface Projects {
  /** Makes a project of a template. */
  readonly create: OperationDefinition<CreateInput, ProjectResult>;
  /** Makes a project of a workflow or a bundle, with all that it needs. */
  readonly import: OperationDefinition<ImportInput, ProjectResult>;
  readonly duplicate: OperationDefinition<DuplicateInput, ProjectResult>;
  readonly export: OperationDefinition<ExportInput, ExportResult>;
  readonly delete: OperationDefinition<DeleteInput, DeleteResult>;
  /** Finds what is not as it was, and mends it where it is asked to. */
  readonly verify: OperationDefinition<VerifyInput, VerifyResult>;
  /** Every project, by name. Reads manifests only. */
  list(places?: PlaceInput): Promise<readonly ProjectSummary[]>;
  /**
   * What an import would do; changes nothing.
   * @throws WorkflowError, CatalogueError, UnresolvedError, ValidationError, as the import would, with all problems in `details`
   */
  preview(input: PlanInput): Promise<Plan>;
  /** Removes what an operation that has ended has left half made. Idempotent. */
  removeStaging(input: PlaceInput & { readonly name: string }, operationId: string): Promise<void>;
  /** Removes staging and trash folders of operations that have ended. @returns their names */
  sweep(places?: PlaceInput): Promise<readonly string[]>;
}

/**
 * Defines `project.create`, `project.import`, `project.duplicate`, `project.export`, `project.delete` and `project.verify`.
 *
 * @throws ConfigError that lists every problem of the options
 * @throws CatalogueError for a catalogue that is no good
 */
export function createProjects(recovery: Recovery, options: ProjectsOptions): Projects {
  const own = checkOptions(options);
  const workshop: Workshop = {
    recovery,
    own,
    catalogue: options.catalogue,
    // `op.child` refuses what is no definition of this recovery; only what it is typed as differs.
    download: options.download as Workshop['download'],
    downloadRoot: options.downloadRoot,
    install: options.install as Workshop['install'],
    headersFor: options.headersFor,
    authFor: options.authFor,
    checkNode: options.checkNode,
    trust: options.trust ?? false,
  };
  const { prefix = 'project.' } = options;
  const names: string[] = [];
  function define<Input extends PlaceInput, Output>(
    name: keyof typeof INPUTS,
    run: (workshop: Workshop, input: Input, op: OperationContext) => Promise<Output>,
  ): OperationDefinition<Input, Output> {
    names.push(prefix + name);
    return recovery.operation<Input, Output>(
      prefix + name,
      (input, op) => {
        checkInput(name, input);
        return run(workshop, input, op);
      },
      {
        ...options.policy,
        breaker: false,
        undo: {
          [REMOVE_STAGING]: (wanted: StagingToRemove, { id, signal }) =>
            alone(wanted, signal, () => takeBack(wanted, id)),
        },
        lock: input => lockOf(workshop, input),
      },
    );
  }
  const templates = { empty: EMPTY_WORKFLOW, ...options.templates };
  return {
    create: define('create', (shop, input: CreateInput, op) => {
      const { template = 'empty', ...place } = input;
      return importProject(shop, { ...place, workflow: templateOf(templates, template) }, op);
    }),
    import: define('import', importProject),
    duplicate: define('duplicate', duplicateProject),
    export: define('export', exportProject),
    delete: define('delete', deleteProject),
    verify: define('verify', verifyProject),
    list: async (places = {}) => listProjects(placesOf(workshop, places)),
    preview: async input => (await planFor(workshop, undefined, input)).plan,
    removeStaging: async (input, operationId) => {
      const places = placesOf(workshop, input);
      await removeStaging({ root: places.root, name: checkedName(input.name) }, operationId);
    },
    sweep: async (places = {}) => sweepRoot(recovery, placesOf(workshop, places), names),
  };
}

/** Operations on the same project take turns. An input that makes no sense needs none: it is refused when its operation begins. */
function lockOf(workshop: Workshop, input: PlaceInput): string | undefined {
  const { name, to } = input as { readonly name?: unknown; readonly to?: unknown };
  try {
    // A duplicate makes its target; that the source stays as it is while it is copied, its own look at it has to say.
    const folder = projectFolder(placesOf(workshop, input), checkedName(to ?? name));
    return `project:${folder.length <= 900 ? folder : hashOf(folder)}`;
  } catch {
    return undefined;
  }
}

/** @throws ValidationError */
function templateOf(templates: Readonly<Record<string, unknown>>, name: string): unknown {
  if (Object.hasOwn(templates, name)) return templates[name];
  const known = Object.keys(templates);
  throw new ValidationError(`there is no template "${name}"${suggestion(name, known)}`, {
    details: { known },
  });
}
