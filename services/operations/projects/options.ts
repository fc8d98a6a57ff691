import { isAbsolute, resolve } from 'node:path';
import type { OperationDefinition, PolicyOptions } from '../../ports.ts';
import { checkKeys, Problems } from '../../problems.ts';
import { type Catalogue, checkCatalogue } from './catalogue.ts';
import { isRecord } from './document.ts';
import type {
  AuthFor,
  CheckNode,
  FetchedModel,
  HeadersFor,
  ModelOrder,
  NodeOrder,
} from './orders.ts';
import type { OwnPlaces } from './places.ts';

/** The definition of an operation on the same recovery, whatever else its input and output have. */
export type ChildDefinition<Input, Output> = Pick<
  OperationDefinition<Input, Output>,
  'name' | 'start' | 'run'
>;

/** Settings of a project manager. */
export interface ProjectsOptions {
  /** Projects are in folders below it; made where there is none. Together with `models`. @default each input names its own */
  readonly root?: string;
  /** The folder of models, such as ComfyUI's `models`; all projects share it. @default each input names its own */
  readonly models?: string;
  /** The folder of installations, as the installation manager has it; only to look whether they are there. @default each input's `nodesRoot`, else nobody looks */
  readonly nodes?: string;
  /** Where models and nodes come from: the path of a catalogue, read for each import, or the catalogue itself. @default none */
  readonly catalogue?: string | Catalogue;
  /** Fetches a file: `createDownloads(...).operation`, or an operation of the function `download`. */
  readonly download: ChildDefinition<ModelOrder, FetchedModel>;
  /** The download manager's own root, where it has one: files are named relative to it. @default none; files are absolute paths */
  readonly downloadRoot?: string | undefined;
  /** Installs nodes: `createInstallations(...).install`. */
  readonly install: ChildDefinition<NodeOrder, unknown>;
  /** Headers for a file's address, such as a token for its server; they go into the child's input, where `createDownloads` keeps them out of the store. @default none */
  readonly headersFor?: HeadersFor;
  /** What opens a repository, likewise. @default nothing */
  readonly authFor?: AuthFor;
  /** What is wrong with an installation; asked by `project.verify` for each. @default it is enough that its folder is there */
  readonly checkNode?: CheckNode;
  /** Workflows that `project.create` can begin with, by name, besides `empty`. @default none */
  readonly templates?: Readonly<Record<string, unknown>>;
  /** Whether repositories that workflows and bundles themselves name are installed: they are programs of strangers. @default false */
  readonly trust?: boolean;
  /** Before the names of the operations. @default 'project.' */
  readonly prefix?: string;
  /** Policy of the operations. Children have their own. @default the recovery's, and no breaker */
  readonly policy?: Omit<PolicyOptions, 'breaker' | 'shadow'>;
}

const OPTIONS: readonly (keyof ProjectsOptions)[] = [
  'root',
  'models',
  'nodes',
  'catalogue',
  'download',
  'downloadRoot',
  'install',
  'headersFor',
  'authFor',
  'checkNode',
  'templates',
  'trust',
  'prefix',
  'policy',
];

/**
 * @throws ConfigError that lists every problem
 * @throws CatalogueError for a catalogue that is no good
 */
export function checkOptions(options: ProjectsOptions): OwnPlaces {
  const problems = new Problems();
  checkKeys(problems, options, OPTIONS);
  for (const option of ['root', 'models', 'nodes', 'downloadRoot'] as const) {
    const value = options[option];
    const fits = value === undefined || (typeof value === 'string' && isAbsolute(value));
    problems.check(fits, option, value, 'must be an absolute path');
  }
  const together = (options.root === undefined) === (options.models === undefined);
  problems.check(together, 'models', options.models, 'must be given together with root');
  for (const option of ['download', 'install'] as const) {
    const fits = typeof options[option]?.start === 'function';
    problems.check(fits, option, options[option], 'must be the definition of an operation');
  }
  const { templates, trust, prefix } = options;
  for (const option of ['checkNode', 'headersFor', 'authFor'] as const) {
    const value = options[option];
    const fits = value === undefined || typeof value === 'function';
    problems.check(fits, option, value, 'must be a function');
  }
  problems.check(
    templates === undefined || isRecord(templates),
    'templates',
    templates,
    'must be an object',
  );
  problems.check(
    trust === undefined || typeof trust === 'boolean',
    'trust',
    trust,
    'must be a boolean',
  );
  problems.check(
    prefix === undefined || typeof prefix === 'string',
    'prefix',
    prefix,
    'must be a text',
  );
  problems.throwIfAny('projects');
  if (typeof options.catalogue === 'object') checkCatalogue(options.catalogue);
  const absolute = (path: string | undefined) => (path === undefined ? undefined : resolve(path));
  return {
    root: absolute(options.root),
    models: absolute(options.models),
    nodes: absolute(options.nodes),
  };
}
