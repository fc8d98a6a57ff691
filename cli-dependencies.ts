/** What the command line works with, composed: its store, its operations, its server. */
import { join, resolve } from 'node:path';
import type { CliDependencies, OpenOptions, OpenStore } from './adapters/cli/dependencies.ts';
import { inspectStore, SqlJsPersistence } from './adapters/sqljs/index.ts';
import { createRecovery } from './index.ts';
import { createDownloads, createInstallations, createProjects } from './operations.ts';
import { ownPackage } from './own-package.ts';
import { charts } from './services/charts/index.ts';
import { parseInput } from './services/operations/download/input.ts';
import {
  parseInstall,
  parseUninstall,
  parseUpdate,
} from './services/operations/installations/input.ts';
import { readManifest } from './services/operations/installations/manifest.ts';
import { PROTOCOLS, parseRepository } from './services/operations/installations/repository-url.ts';
import { checkInput } from './services/operations/projects/inputs.ts';
import { listProjects } from './services/operations/projects/list.ts';
import { planFor } from './services/operations/projects/plan.ts';
import type { Logger } from './services/ports.ts';

/** Milliseconds that a host that fails too often is left alone. */
const HOST_TIMEOUT = 30_000;
const RETRIES = 10;
/** What is killed loses next to nothing, so it may be killed often. */
const INTERRUPTIONS = 100;

async function open(path: string, options: OpenOptions = {}): Promise<OpenStore> {
  const recovery = await createRecovery({
    persistence: new SqlJsPersistence({ path }),
    // Ctrl-C means now; the part keeps what has come.
    drainTimeout: 0,
    ...(options.initialDelay === undefined ? {} : { initialDelay: options.initialDelay }),
  });
  try {
    const { ranges, bytesPerSecond, headers = {}, authFor, headersFor } = options;
    const policy = policyOf(options);
    const { operation } = createDownloads(recovery, {
      ...(ranges === undefined ? {} : { ranges }),
      ...(bytesPerSecond === undefined ? {} : { bytesPerSecond }),
      resolveSecrets: (input, { paths }) => {
        const { url } = input as { readonly url: string };
        return headersAt(paths, { ...headersFor?.(url), ...headers });
      },
      policy,
    });
    const installations = createInstallations(recovery, {
      prefix: 'git.',
      protocols: PROTOCOLS,
      policy: {
        maxRetries: options.maxRetries ?? RETRIES,
        maxInterruptions: INTERRUPTIONS,
        breakerOptions: { openTimeout: HOST_TIMEOUT, ...policy.breakerOptions },
        // What is not in the store the command that goes on takes from its environment.
        resolveSecrets: async input => {
          const repository = await repositoryOf(input);
          const auth = repository === undefined ? undefined : authFor?.(repository);
          return auth === undefined ? {} : { auth };
        },
      },
    });
    createProjects(recovery, {
      download: operation,
      install: installations.install,
      ...(authFor && { authFor }),
      ...(headersFor && { headersFor }),
      checkNode: async (name, root) => {
        const { problems } = await installations.verify(name, root === undefined ? {} : { root });
        return problems.length === 0 ? undefined : problems.join(', ');
      },
      policy: { maxRetries: options.maxRetries ?? RETRIES, maxInterruptions: INTERRUPTIONS },
    });
    return { recovery, download: operation };
  } catch (error) {
    await recovery.close();
    throw error;
  }
}

function policyOf({ maxRetries, breakerTimeout, breakerThreshold }: OpenOptions) {
  return {
    ...(maxRetries === undefined ? {} : { maxRetries }),
    breakerOptions: {
      ...(breakerTimeout === undefined ? {} : { openTimeout: breakerTimeout }),
      ...(breakerThreshold === undefined ? {} : { threshold: breakerThreshold }),
    },
  };
}

/** Headers are not in the store; the command that goes on says them again. */
function headersAt(
  paths: readonly string[],
  headers: Readonly<Record<string, string>>,
): Record<string, string> {
  const known = Object.entries(headers).map(
    ([name, value]) => [`headers.${name}`.toLowerCase(), value] as const,
  );
  const values = new Map(known);
  return Object.fromEntries(
    paths.flatMap(path => {
      const value = values.get(path.toLowerCase());
      return value === undefined ? [] : [[path, value]];
    }),
  );
}

/** An update knows its repository by what is installed. */
async function repositoryOf(input: unknown): Promise<string | undefined> {
  const { repository, root, name } = (input ?? {}) as Record<string, unknown>;
  if (typeof repository === 'string') return repository;
  if (typeof root !== 'string' || typeof name !== 'string') return undefined;
  return (await readManifest(join(root, name)))?.repository;
}

/** Each input says below which folder. */
const ANYWHERE = { root: undefined, protocols: PROTOCOLS };
const CHECKS = {
  'git.install': parseInstall,
  'git.update': parseUpdate,
  'git.uninstall': parseUninstall,
} as const;

const PROJECT_INPUTS = {
  'project.create': 'create',
  'project.import': 'import',
  'project.duplicate': 'duplicate',
  'project.export': 'export',
  'project.delete': 'delete',
  'project.verify': 'verify',
} as const;

/** What goes wrong while it serves: a line of JSON each. */
const note = (fields: object, message: string) =>
  void process.stderr.write(`${JSON.stringify({ ...fields, message })}\n`);
const logger: Logger = { debug() {}, info() {}, warn: note, error: note };

/** @param caller how the program is called, by people and by itself */
export function cliDependencies(
  caller: Pick<CliDependencies, 'invocation' | 'self'>,
): CliDependencies {
  return {
    version: ownPackage()?.version ?? 'unknown',
    ...caller,
    open,
    inspect: inspectStore,
    charts,
    checkDownload: parseInput,
    checkInstallation: (name, request) => void CHECKS[name](request, ANYWHERE),
    repositoryOf,
    folderName(repository) {
      const url = parseRepository(repository, PROTOCOLS);
      return typeof url === 'string' ? undefined : url.lastPart;
    },
    checkProject: (name, request) => checkInput(PROJECT_INPUTS[name], request),
    previewImport: async ({ file, catalogue, allowMissing, trust }) => {
      const input = {
        ...(file === undefined ? {} : { file }),
        ...(catalogue === undefined ? {} : { catalogue }),
        ...(allowMissing === undefined ? {} : { allowMissing }),
      };
      await planFor({ catalogue: undefined, trust: trust === true }, undefined, input);
    },
    listProjects: root => listProjects({ root: resolve(root) }),
    // Only who serves loads a web server.
    serve: async (recovery, request) => {
      const { prometheusMetrics } = await import('./prometheus.ts');
      const { createRecoveryServer } = await import('./server.ts');
      const metrics = prometheusMetrics(recovery);
      return createRecoveryServer(recovery, { ...request, logger, metrics });
    },
  };
}
