import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { ValidationError } from '../errors.ts';
import type { OperationContext, OperationDefinition, Recovery, UndoContext } from '../ports.ts';
import { Git } from './installations/git.ts';
import {
  type InstallInput,
  parseInstall,
  parseTarget,
  parseUninstall,
  parseUpdate,
  targetKey,
  type UninstallInput,
  type UninstallOrder,
  type UpdateInput,
} from './installations/input.ts';
import { type InstallResult, installInto, takeBack, takingTurns } from './installations/install.ts';
import { type Manifest, readManifest } from './installations/manifest.ts';
import { type InstallationsOptions, type Settings, settingsOf } from './installations/options.ts';
import { existingPlace, existingRoot, operationHash, placeBelow } from './installations/place.ts';
import { PROTOCOLS, parseRepository } from './installations/repository-url.ts';
import { installedBelow, type SweepReport, sweepRoot } from './installations/sweep.ts';
import { type UninstallResult, uninstallFrom } from './installations/uninstall.ts';
import { askVerify, NOT_THERE, problemsOf } from './installations/verification.ts';

export {
  CommandError,
  CommandMissingError,
  InstallationBusyError,
  type Trouble,
  VerificationError,
} from './installations/errors.ts';
export type { RepositoryAuth } from './installations/input.ts';
export type { CarriedOver, Ecosystem } from './installations/manifest.ts';
export type { VerifyFacts } from './installations/options.ts';
export type { Protocol } from './installations/repository-url.ts';
export type { InstallationProgress } from './installations/workshop.ts';
export type {
  InstallationsOptions,
  InstallInput,
  InstallResult,
  SweepReport,
  UninstallInput,
  UninstallResult,
  UpdateInput,
};

/** Something that is installed. */
export interface Installed extends Manifest {
  /** Absolute. */
  readonly folder: string;
}

/** What a look at an installation has found. */
export interface VerifyReport {
  readonly name: string;
  readonly folder: string;
  /** Undefined where it says nothing of itself. */
  readonly manifest: Manifest | undefined;
  /** Empty where it is as it was made. */
  readonly problems: readonly string[];
}

/** Which root is meant; only where the manager has none of its own. */
export interface RootOptions {
  readonly root?: string;
}

/** Git repositories with what they depend on, as folders below a root. */
export interface Installations {
  /** Installs a repository, whole or not at all; what was there before stays until the new one was verified. */
  readonly install: OperationDefinition<InstallInput, InstallResult>;
  /** Brings what is installed to a newer commit, in the same way; changes nothing where that is there. */
  readonly update: OperationDefinition<UpdateInput, InstallResult>;
  readonly uninstall: OperationDefinition<UninstallInput, UninstallResult>;
  /** What is installed, by name. */
  list(options?: RootOptions): Promise<readonly Installed[]>;
  /**
   * Whether something is as it was installed: commit, files, and what the option `verify` says. Changes nothing.
   * @throws ValidationError for an unusable name
   */
  verify(name: string, options?: RootOptions): Promise<VerifyReport>;
  /**
   * Takes away what an operation of that id has prepared for a target, ends what runs in it, and takes a swap back that was not confirmed. Idempotent.
   * For operations that have ended.
   */
  removeStaging(input: RootOptions & { readonly name: string }, operationId: string): Promise<void>;
  /**
   * Removes what operations have left below the root that ended as failed or exhausted, or are gone from the store, and ends what they have left running.
   * Good after `resume()`. What unfinished operations have prepared stays.
   */
  sweep(options?: RootOptions): Promise<SweepReport>;
}

/**
 * Defines `install`, `update` and `uninstall` on a recovery.
 * @throws ConfigError that lists every problem of the options
 */
export function createInstallations(
  recovery: Recovery,
  options: InstallationsOptions = {},
): Installations {
  const settings = settingsOf(options);
  const { prefix, limits, policy, killGrace } = settings;
  const takeBackStaging = async ({ root, name }: UninstallOrder, id: string) => {
    const real = await existingRoot(root);
    if (real === undefined) return;
    const place = placeBelow(real, name, operationHash(id));
    await takingTurns(place, NEVER, () => takeBack(place, id, killGrace));
  };
  const common = {
    lock: (input: unknown) => targetKey(input, limits),
    undo: {
      // It stands in the operation's own record, with the root as it was.
      staging: (input: unknown, { id }: UndoContext) =>
        takeBackStaging(parseTarget(input, { ...limits, root: undefined }), id),
    },
  };
  const install = recovery.operation<InstallInput, InstallResult>(
    `${prefix}install`,
    async (input, op) => {
      const order = parseInstall(input, limits);
      return installInto(order, async () => order, op, settings);
    },
    { breaker: hostOf, whenOpen: 'wait', ...policy, ...common, secrets: ['auth'] },
  );
  const update = recovery.operation<UpdateInput, InstallResult>(
    `${prefix}update`,
    (input, op) => updateFrom(input, op, settings),
    { whenOpen: 'wait', ...policy, ...common, secrets: ['auth'] },
  );
  const uninstall = recovery.operation<UninstallInput, UninstallResult>(
    `${prefix}uninstall`,
    (input, op) => uninstallFrom(parseUninstall(input, limits), op, settings),
    { breaker: false, ...common },
  );
  const rootOf = (asked: RootOptions = {}) =>
    existingRoot(parseTarget({ name: 'any', ...asked }, limits).root);
  return {
    install,
    update,
    uninstall,
    async list(asked) {
      const root = await rootOf(asked);
      return root === undefined ? [] : installedBelow(root);
    },
    verify: (name, asked) => verifyAt(parseTarget({ name, ...asked }, limits), settings),
    removeStaging: ({ name, ...asked }, operationId) =>
      takeBackStaging(parseTarget({ name, ...asked }, limits), operationId),
    async sweep(asked) {
      const root = await rootOf(asked);
      return root === undefined ? { removed: [], kept: [] } : sweepRoot(recovery, root, killGrace);
    },
  };
}

const NEVER = new AbortController().signal;
const SILENT = { debug() {}, info() {}, warn() {}, error() {} };

async function updateFrom(
  input: UpdateInput,
  op: OperationContext,
  settings: Settings,
): Promise<InstallResult> {
  const { limits } = settings;
  const wanted = parseUpdate(input, limits);
  const { name, root, auth } = wanted;
  return installInto(
    wanted,
    async ({ target }) => {
      const there = await readManifest(target);
      if (there === undefined) {
        throw new ValidationError(`${target} was not installed by this; install it first`, {
          details: { folder: target },
        });
      }
      const { repository } = there;
      const ref = wanted.ref ?? there.ref ?? undefined;
      const given = {
        repository,
        name,
        ...(ref === undefined ? {} : { ref }),
        ...(auth === undefined ? {} : { auth }),
      };
      // What the folder says is as little to be trusted as any other input.
      return parseInstall(given, { ...limits, root });
    },
    op,
    settings,
  );
}

async function verifyAt(
  { name, root }: { readonly name: string; readonly root: string },
  settings: Settings,
): Promise<VerifyReport> {
  const operationId = `verify-${randomUUID()}`;
  const place = await existingPlace(root, name, operationId);
  if (place === undefined) {
    return { name, folder: join(root, name), manifest: undefined, problems: [NOT_THERE] };
  }
  const folder = place.target;
  return takingTurns(place, NEVER, async () => {
    const manifest = await readManifest(folder);
    const source = { repository: manifest?.repository ?? '', ref: undefined, auth: undefined };
    const workshop = {
      place,
      operationId,
      signal: NEVER,
      timeout: settings.commandTimeout,
      grace: settings.killGrace,
      log: SILENT,
      told() {},
    };
    const problems = await problemsOf(folder, undefined, new Git(settings.git, source, workshop));
    if (problems.length === 0 && manifest !== undefined) {
      const facts = { phase: 'asked', manifest, signal: NEVER } as const;
      try {
        await askVerify(settings.verify, folder, facts);
      } catch (error) {
        problems.push(error instanceof Error ? error.message : String(error));
      }
    }
    return { name, folder, manifest, problems };
  });
}

/** One breaker for each host. An address that is none is refused by the operation itself. */
function hostOf({ repository }: InstallInput): string {
  const url = typeof repository === 'string' ? parseRepository(repository, PROTOCOLS) : '';
  return typeof url === 'string' || url.host === '' ? 'install' : url.host;
}
