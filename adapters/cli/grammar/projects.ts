import { basename } from 'node:path';
import type { Command } from 'commander';
import { integer } from '../arguments.ts';
import { type ProjectCommandOptions, projectCommand } from '../commands/project.ts';
import { projectListCommand } from '../commands/project-list.ts';
import type { ProjectOperation, ProjectRequest } from '../dependencies.ts';
import type { Site } from '../workplace/workplace.ts';
import { authOption, type Grammar, siteFor, withSite } from './grammar.ts';

interface Options extends ProjectCommandOptions {
  readonly root: string;
  readonly modelsRoot: string;
  readonly nodesRoot: string;
  readonly name?: string;
  readonly catalogue?: string;
  readonly allowMissing?: boolean;
  readonly trust?: boolean;
  readonly template?: string;
  readonly overwrite?: boolean;
  readonly withModels?: boolean;
  readonly repair?: boolean;
}

/** What a command says besides the folders. */
type Wish = Omit<ProjectRequest, 'root' | 'modelsRoot' | 'nodesRoot'>;

/** Commands about projects of a ComfyUI launcher. */
export function addProjects(program: Command, grammar: Grammar): void {
  const project = program
    .command('project')
    .description(
      'projects of ComfyUI workflows: a folder each, with the models and nodes they need',
    );

  add(
    project
      .command('import')
      .description('make a project of a workflow or bundle; the same command again goes on')
      .argument('<workflow>', 'JSON file')
      .option('--name <name>', "of the project (default: the file's name)")
      .option('--catalogue <file>', 'says where models and nodes come from')
      .option('--allow-missing', 'leave out what nobody knows where to get')
      .option('--trust', 'install nodes that the file itself names: they are programs')
      .addOption(authOption('many')),
    'project.import',
    ([file = ''], options, site) => ({
      name: options.name ?? nameOf(file),
      file: site.file(file),
      ...resolving(options, site),
    }),
    grammar,
  );
  add(
    project
      .command('create')
      .description('make a project with nothing in it')
      .argument('<name>')
      .option('--template <name>', 'what to begin with (default: empty)'),
    'project.create',
    ([name = ''], { template }) => ({ name, ...(template === undefined ? {} : { template }) }),
    grammar,
  );
  add(
    project
      .command('duplicate')
      .description('copy a project; the models are shared')
      .argument('<name>')
      .argument('<to>', 'name of the copy'),
    'project.duplicate',
    ([name = '', to = '']) => ({ name, to }),
    grammar,
  );
  add(
    project
      .command('export')
      .description('write a project as one file that can be imported elsewhere')
      .argument('<name>')
      .argument('<file>', 'JSON file to write')
      .option('--overwrite', 'take the place of a file that is there'),
    'project.export',
    ([name = '', file = ''], { overwrite }, site) => ({
      name,
      file: site.file(file),
      ...(overwrite ? { overwrite } : {}),
    }),
    grammar,
  );
  add(
    project
      .command('delete')
      .description('remove a project')
      .argument('<name>')
      .option('--with-models', 'and those of its models that no other project names'),
    'project.delete',
    ([name = ''], { withModels }) => ({ name, ...(withModels ? { models: true } : {}) }),
    grammar,
  );
  add(
    project
      .command('verify')
      .description('say what of a project is not as it was made; exits with 1 where something is')
      .argument('<name>')
      .option('--repair', 'fetch, install and restore it')
      .option('--catalogue <file>', 'says where things come from, where no manifest is left')
      .option('--allow-missing', 'leave out what nobody knows where to get, likewise')
      .option('--trust', 'install nodes that the workflow itself names, likewise')
      .addOption(authOption('many')),
    'project.verify',
    ([name = ''], options, site) => ({
      name,
      ...(options.repair ? { repair: true } : {}),
      ...resolving(options, site),
    }),
    grammar,
  );
  addList(project, grammar);
}

/** Where things come from. */
const resolving = ({ catalogue, allowMissing, trust }: Options, site: Site) => ({
  ...(catalogue === undefined ? {} : { catalogue: site.file(catalogue) }),
  ...(allowMissing ? { allowMissing } : {}),
  ...(trust ? { trust } : {}),
});

function add(
  command: Command,
  operation: ProjectOperation,
  wishOf: (words: readonly string[], options: Options, site: Site) => Wish,
  grammar: Grammar,
): void {
  const { deps, io, argv, done } = grammar;
  withSite(
    command
      .option('--root <folder>', 'the folder that projects are in', 'projects')
      .option('--models-root <folder>', 'the folder of all models', 'models')
      .option('--nodes-root <folder>', 'the folder of all installations', 'custom_nodes')
      .option('--id <id>', 'id of the operation (default: made from what is asked for)')
      .option('--max-retries <n>', 'of each download and installation (default: 10)', integer(0)),
  ).action(async (...given: unknown[]) => {
    const self = given.at(-1) as Command;
    const site = siteFor(grammar, self);
    const options = self.optsWithGlobals<Options>();
    const request: ProjectRequest = {
      root: folderOf(site, options.root),
      modelsRoot: folderOf(site, options.modelsRoot),
      nodesRoot: folderOf(site, options.nodesRoot),
      ...wishOf(self.args, options, site),
    };
    done(await projectCommand(deps, io, site, argv, operation, request, options));
  });
}

function addList(project: Command, { deps, io, done }: Grammar): void {
  project
    .command('list')
    .description('list projects')
    .option('--root <folder>', 'the folder that projects are in', 'projects')
    .option('--json', 'as a JSON array')
    .action(async ({ root, json = false }: { readonly root: string; readonly json?: boolean }) =>
      done(await projectListCommand(deps, io, root, { json })),
    );
}

/** A slash behind it would say no more. */
const folderOf = (site: Site, folder: string): string =>
  site.file(folder.replace(/(.)[/\\]+$/, '$1'));

/** `flux.ui.json` makes a project "flux.ui". */
const nameOf = (file: string): string => basename(file).replace(/\.json$/i, '');
