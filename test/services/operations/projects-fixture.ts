import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FaultyServer, sampleBytes } from '../../../adapters/cli/tour/faulty-server.ts';
import { createRecovery } from '../../../create-recovery.ts';
import { MemoryPersistence } from '../../../index.ts';
import type { Catalogue, ProjectManifest, Projects, ProjectsOptions } from '../../../operations.ts';
import { createProjects, download } from '../../../operations.ts';
import { OperationFailedError } from '../../../services/errors.ts';
import { needsOf } from '../../../services/operations/projects/needs.ts';
import { readWorkflow } from '../../../services/operations/projects/workflow.ts';
import type { OperationContext, Recovery } from '../../../services/ports.ts';
import { rejects } from '../../support/rejects.ts';
import { sha256Of } from './download-fixture.ts';

/** Workflows that people could have made, by the names of their files. */
export const FIXTURES = [
  'sd15-lora.api.json',
  'sdxl-refiner.ui.json',
  'upscaler.api.json',
  'controlnet.ui.json',
  'flux-dual-clip.ui.json',
  'video-wan.ui.json',
  'subgraphs.ui.json',
  'group-nodes.ui.json',
] as const;

export type Fixture = (typeof FIXTURES)[number];

/** Compiled tests lie elsewhere than the files that they read. */
export function fixturePath(name: Fixture): string {
  return fileURLToPath(
    new URL(`../../../../test/services/operations/fixtures/${name}`, import.meta.url),
  );
}

export function fixtureText(name: Fixture): Promise<string> {
  return readFile(fixturePath(name), 'utf8');
}

export interface Installed {
  readonly repository: string;
  readonly ref?: string;
  readonly name?: string;
}

export interface ProjectPlace {
  readonly recovery: Recovery;
  readonly projects: Projects;
  readonly server: FaultyServer;
  readonly root: string;
  readonly models: string;
  readonly nodes: string;
  /** What was asked to be installed. */
  readonly installed: Installed[];
  /** Everything that a workflow needs, from the server; its nodes from addresses that nobody asks. */
  catalogueFor(...names: Fixture[]): Promise<Catalogue>;
  /** Another manager, on the same folders or on none of its own. */
  manager(options?: Partial<ProjectsOptions>, folders?: 'settled' | 'by input'): Projects;
  /** What is below the root, hidden folders included. */
  entries(): Promise<string[]>;
}

/** Small, and another one for each name. */
export function contentOf(name: string): Uint8Array {
  return sampleBytes(2_000 + name.length * 10, name.length);
}

/** Runs a test with a recovery in memory, a server and empty folders, and takes all of it away. */
export function withProjects(
  run: (place: ProjectPlace) => Promise<void>,
  options: Partial<ProjectsOptions> = {},
): () => Promise<void> {
  return async () => {
    const server = await FaultyServer.listen();
    const folder = await mkdtemp(join(tmpdir(), 'projects-'));
    const recovery = await createRecovery({ persistence: new MemoryPersistence(), env: {} });
    const [root, models, nodes] = ['projects', 'models', 'nodes'].map(name =>
      join(folder, name),
    ) as [string, string, string];
    const installed: Installed[] = [];
    const fetching = recovery.operation('download', download, { maxRetries: 0 });
    const installing = recovery.operation('install', (order: Installed, op: OperationContext) =>
      op.step('clone', async () => {
        installed.push(order);
        const name = order.name ?? 'unnamed';
        op.progress({ phase: 'clone' });
        await mkdir(join(nodes, name), { recursive: true });
        await writeFile(join(nodes, name, '__init__.py'), '');
        return { name, commit: order.ref ?? 'b'.repeat(40) };
      }),
    );
    let managers = 0;
    const manager: ProjectPlace['manager'] = (more = {}, folders = 'settled') => {
      managers += 1;
      return createProjects(recovery, {
        ...(folders === 'settled' ? { root, models, nodes } : {}),
        download: fetching,
        install: installing,
        prefix: managers === 1 ? 'project.' : `project${managers}.`,
        policy: { maxRetries: 0 },
        ...options,
        ...more,
      });
    };
    const projects = manager();
    try {
      await run({
        recovery,
        projects,
        server,
        root,
        models,
        nodes,
        installed,
        manager,
        catalogueFor: (...names) => catalogueOn(server, names),
        entries: async () => (await readdir(root).catch(() => [])).sort(),
      });
    } finally {
      await recovery.close();
      await server.close();
      await rm(folder, { recursive: true, force: true });
    }
  };
}

/** A place with the project `mine`. */
export interface Imported extends ProjectPlace {
  /** Its manager. */
  readonly own: Projects;
  readonly catalogue: Catalogue;
}

/** The models of the project that `withProject` makes. */
export const CKPT = 'sd_xl_base_1.0.safetensors';
export const UPSCALER = '4x-UltraSharp.pth';

/** With the project `mine`, made of the upscaler's workflow: two models, one node. */
export function withProject(run: (place: Imported) => Promise<void>): () => Promise<void> {
  return withProjects(async place => {
    const catalogue = await place.catalogueFor('upscaler.api.json');
    const own = place.manager({ catalogue });
    await own.import.run({ name: 'mine', file: fixturePath('upscaler.api.json') });
    await run({ ...place, own, catalogue });
  });
}

/** The code of the error that an operation has ended with. */
export async function codeOf(promise: Promise<unknown>): Promise<string> {
  const { cause } = await rejects(promise, OperationFailedError);
  return (cause as { readonly code?: string }).code ?? String(cause);
}

export async function manifestOf(
  { root }: Pick<ProjectPlace, 'root'>,
  name: string,
): Promise<ProjectManifest> {
  return JSON.parse(await readFile(join(root, name, 'project.json'), 'utf8'));
}

/** A catalogue that has all that the workflows need, with the server's own addresses. */
export async function catalogueOn(
  server: FaultyServer,
  names: readonly Fixture[],
  serve: { readonly pace?: number; readonly size?: number } = {},
): Promise<Catalogue> {
  const models: Record<string, { url: string; sha256: string; bytes: number; folder?: string }> =
    {};
  const nodes: Record<string, { repository: string; ref: string; name: string }> = {};
  for (const fixture of names) {
    const needs = needsOf(readWorkflow(await fixtureText(fixture)), new Set());
    for (const { name, folder } of needs.models) {
      const content =
        serve.size === undefined ? contentOf(name) : sampleBytes(serve.size, name.length);
      const pace = serve.pace === undefined ? {} : { pace: serve.pace };
      const url = server.serve(`/${encodeURI(name)}`, { content, ...pace });
      models[name] = {
        url,
        sha256: sha256Of(content),
        bytes: content.length,
        folder: folder ?? 'other',
      };
    }
    for (const { type } of needs.nodes) {
      const name = `nodes-${type.replace(/\W+/g, '-')}`;
      nodes[type] = { repository: `https://example.com/${name}.git`, ref: 'main', name };
    }
  }
  return { format: 'xstate-recovery/catalogue', version: 1, models, nodes };
}
