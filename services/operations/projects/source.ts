import { z } from 'zod';
import { type Catalogue, checkCatalogue } from './catalogue.ts';
import { isRecord, parseDocument } from './document.ts';
import { WorkflowError } from './errors.ts';
import { readNamedFile, sha256OfText } from './files.ts';
import { Findings, factsOf } from './findings.ts';
import type { Workflow } from './graph.ts';
import { noteIssues } from './issues.ts';
import { checkWorkflow, readWorkflow } from './workflow.ts';

export const BUNDLE_FORMAT = 'xstate-recovery/bundle';

/** What `project.export` writes: a project that can be imported elsewhere. */
export interface Bundle {
  readonly format: typeof BUNDLE_FORMAT;
  readonly version: 1;
  readonly name: string;
  /** The workflow's file, as text, so that not a byte of it changes. */
  readonly workflow: string;
  /** Where its models and nodes came from. */
  readonly catalogue: Catalogue;
  /** The manifest of the project, for people. */
  readonly manifest: unknown;
}

/** What an import begins with. */
export interface Source {
  /** The workflow's file. */
  readonly text: string;
  readonly sha256: string;
  readonly workflow: Workflow;
  /** Of a bundle. */
  readonly catalogue: Catalogue | undefined;
}

/** The workflow itself, or the file that has it; exactly one of them. */
export interface SourceInput {
  /** Absolute path of a workflow or bundle. */
  readonly file?: string;
  /** The same as a JSON value. */
  readonly workflow?: unknown;
}

const bundle = z.strictObject({
  format: z.literal(BUNDLE_FORMAT),
  version: z.literal(1, 'must be 1'),
  name: z.string().optional(),
  workflow: z.string('must be the text of a workflow'),
  catalogue: z.unknown(),
  manifest: z.unknown().optional(),
});

/**
 * Reads and checks a workflow, or a bundle.
 * @throws WorkflowError, CatalogueError, ValidationError
 */
export async function readSource({ file, workflow }: SourceInput): Promise<Source> {
  const text =
    file === undefined ? `${JSON.stringify(workflow, null, 2)}\n` : await readNamedFile(file);
  const findings = new Findings();
  const value = parseDocument(text, findings);
  if (findings.total > 0) throw new WorkflowError(factsOf('the workflow', findings));
  if (isRecord(value) && value.format === BUNDLE_FORMAT) return fromBundle(value);
  return { text, sha256: sha256OfText(text), workflow: checkWorkflow(value), catalogue: undefined };
}

function fromBundle(value: Readonly<Record<string, unknown>>): Source {
  const parsed = bundle.safeParse(value);
  if (!parsed.success) {
    const findings = new Findings();
    noteIssues(findings, [], parsed.error);
    throw new WorkflowError(factsOf('the bundle', findings));
  }
  const { workflow: text, catalogue } = parsed.data;
  return {
    text,
    sha256: sha256OfText(text),
    workflow: readWorkflow(text),
    catalogue: checkCatalogue(catalogue, ['catalogue']),
  };
}
