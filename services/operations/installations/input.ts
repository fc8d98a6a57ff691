import { isAbsolute, join } from 'node:path';
import { z } from 'zod';
import { ValidationError } from '../../errors.ts';
import { readString } from '../../safe-access.ts';
import { nameProblem, refProblem } from './names.ts';
import { PROTOCOLS, type Protocol, parseRepository, type RepositoryUrl } from './repository-url.ts';

/** What opens a repository: the value of an `Authorization` header, or a name and a password or token. */
export type RepositoryAuth =
  | string
  | {
      /** @default 'x-access-token', which GitHub takes with any token */
      readonly username?: string | undefined;
      readonly password: string;
    };

/** What to install. Strict JSON; `auth` is a secret and is not stored. */
export interface InstallInput {
  /** `https://host/owner/name`, `ssh://git@host/path`, `git@host:path`, `file:///path`; what the option `protocols` allows. Without credentials. */
  readonly repository: string;
  /** A branch, a tag, or a commit. @default the repository's HEAD */
  readonly ref?: string;
  /** The folder below the root. @default the last part of the repository's path, without `.git` */
  readonly name?: string;
  /** For https only, and for http to this machine. @default none */
  readonly auth?: RepositoryAuth;
  /** Takes the place of a folder that is something else. @default false */
  readonly replace?: boolean;
  /** The root, absolute; only where the manager has none of its own. */
  readonly root?: string;
}

/** What to bring up to date. */
export interface UpdateInput {
  readonly name: string;
  /** @default the one that it was installed with; where that was a commit, it stays */
  readonly ref?: string;
  readonly auth?: RepositoryAuth;
  readonly root?: string;
}

/** What to take away. */
export interface UninstallInput {
  readonly name: string;
  /** Also a folder that no installation has made. @default false */
  readonly force?: boolean;
  readonly root?: string;
}

/** An input that was checked, with everything filled in. */
export interface InstallOrder {
  readonly root: string;
  readonly name: string;
  readonly repository: string;
  readonly url: RepositoryUrl;
  readonly ref: string | undefined;
  readonly auth: RepositoryAuth | undefined;
  readonly replace: boolean;
}

/** What inputs are checked against. */
export interface InputLimits {
  /** Absolute; undefined where each input brings it. */
  readonly root: string | undefined;
  readonly protocols: readonly Protocol[];
}

const auth = z.union([
  z.string().regex(/^[\x21-\x7e]+( [\x21-\x7e]+)*$/, 'must be the value of a header'),
  z.strictObject({
    username: z
      .string()
      .regex(/^[^:\p{C}]*$/u, 'must not have ":" in it')
      .optional(),
    password: z.string().regex(/^\P{C}+$/u, 'must not be empty'),
  }),
]);
const name = z.string().superRefine(explained(nameProblem));
const ref = z.string().superRefine(explained(refProblem));
const root = z.string().refine(isAbsolute, 'must be an absolute path');
const install = z.strictObject({
  repository: z.string(),
  ref: ref.optional(),
  name: name.optional(),
  auth: auth.optional(),
  replace: z.boolean().optional(),
  root: root.optional(),
});
const update = z.strictObject({
  name,
  ref: ref.optional(),
  auth: auth.optional(),
  root: root.optional(),
});
const uninstall = z.strictObject({
  name,
  force: z.boolean().optional(),
  root: root.optional(),
});

/** @throws ValidationError naming everything that is wrong, and where */
export function parseInstall(input: unknown, limits: InputLimits): InstallOrder {
  const parsed = install.safeParse(input);
  const problems = problemsOf('this cannot be installed', parsed, limits);
  const given = parsed.data;
  if (given !== undefined) {
    const url = parseRepository(given.repository, limits.protocols);
    if (typeof url === 'string') {
      problems.push(`repository: ${url}`);
    } else {
      const name = given.name ?? url.lastPart;
      const unfit = given.name === undefined ? nameProblem(name) : undefined;
      if (unfit !== undefined) problems.push(`name: ${unfit} (from the repository); give one`);
      const unsafe = given.auth === undefined ? undefined : authProblem(url);
      if (unsafe !== undefined) problems.push(`auth: ${unsafe}`);
      const root = limits.root ?? given.root;
      if (problems.length === 0 && root !== undefined) {
        const { repository, ref, auth, replace = false } = given;
        return { root, name, repository, url, ref, auth, replace };
      }
    }
  }
  throw refusal('this cannot be installed', problems);
}

export interface UpdateOrder {
  readonly root: string;
  readonly name: string;
  readonly ref: string | undefined;
  readonly auth: RepositoryAuth | undefined;
}

/** @throws ValidationError naming everything that is wrong, and where */
export function parseUpdate(input: unknown, limits: InputLimits): UpdateOrder {
  const { given, root } = rooted('this cannot be updated', update.safeParse(input), limits);
  return { root, name: given.name, ref: given.ref, auth: given.auth };
}

export interface UninstallOrder {
  readonly root: string;
  readonly name: string;
  readonly force: boolean;
}

/** @throws ValidationError naming everything that is wrong, and where */
export function parseUninstall(input: unknown, limits: InputLimits): UninstallOrder {
  const what = 'this cannot be uninstalled';
  const { given, root } = rooted(what, uninstall.safeParse(input), limits);
  return { root, name: given.name, force: given.force ?? false };
}

/**
 * A root and a name below it, as methods take them.
 * @throws ValidationError naming everything that is wrong, and where
 */
export function parseTarget(input: unknown, limits: InputLimits): UninstallOrder {
  const { given, root } = rooted('there is no such folder', uninstall.safeParse(input), limits);
  return { root, name: given.name, force: false };
}

function rooted<T extends { readonly root?: string | undefined }>(
  what: string,
  parsed: z.ZodSafeParseResult<T>,
  limits: InputLimits,
): { readonly given: T; readonly root: string } {
  const problems = problemsOf(what, parsed, limits);
  const root = limits.root ?? parsed.data?.root;
  if (parsed.data === undefined || root === undefined || problems.length > 0) {
    throw refusal(what, problems);
  }
  return { given: parsed.data, root };
}

const MAX_KEY = 900;

/**
 * The same for two inputs that mean the same target, also where the system makes no difference between large and small letters; undefined for an input that
 * means none, and is refused.
 */
export function targetKey(input: unknown, { root: own }: InputLimits): string | undefined {
  const root = own ?? readString(input, 'root');
  const repository = parseRepository(readString(input, 'repository') ?? '', PROTOCOLS);
  const lastPart = typeof repository === 'string' ? undefined : repository.lastPart;
  const name = readString(input, 'name') ?? lastPart;
  if (root === undefined || name === undefined) return undefined;
  return `installation:${join(root, name).toLowerCase()}`.slice(0, MAX_KEY);
}

function problemsOf(
  what: string,
  parsed: z.ZodSafeParseResult<{ readonly root?: string | undefined }>,
  limits: InputLimits,
): string[] {
  if (!parsed.success) {
    const problems = parsed.error.issues.map(({ path, message }) =>
      path.length === 0 ? message : `${path.join('.')}: ${message}`,
    );
    throw refusal(what, problems);
  }
  if (limits.root === undefined) {
    return parsed.data.root === undefined ? ['root: is missing'] : [];
  }
  return parsed.data.root === undefined ? [] : ['root: is not for the input to say here'];
}

function refusal(what: string, problems: readonly string[]): ValidationError {
  return new ValidationError(`${what}: ${problems.join('; ')}`, { details: { problems } });
}

/** A password in the clear is for everybody on the way. */
function authProblem({ protocol, host }: RepositoryUrl): string | undefined {
  if (protocol === 'https') return undefined;
  const local = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?$/.test(host);
  if (protocol === 'http') return local ? undefined : 'would be sent in the clear; use https';
  return `has no use for ${protocol}`;
}

function explained(problemOf: (text: string) => string | undefined) {
  return (text: string, context: z.RefinementCtx<string>) => {
    const message = problemOf(text);
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  };
}
