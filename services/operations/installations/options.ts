import { isAbsolute, resolve } from 'node:path';
import type { OperationOptions, PolicyOptions } from '../../ports.ts';
import { checkKeys, Problems } from '../../problems.ts';
import type { DependencyOptions } from './dependencies.ts';
import type { GitOptions } from './git.ts';
import type { InputLimits } from './input.ts';
import { type Ecosystem, type Manifest, PYTHON_PACKAGES } from './manifest.ts';
import { nameProblem } from './names.ts';
import { PROTOCOLS, type Protocol } from './repository-url.ts';

/** What a verification is told. */
export interface VerifyFacts {
  /** `staged` before the swap, `installed` after it, when the way back is open still; `asked` where somebody calls `verify`. */
  readonly phase: 'staged' | 'installed' | 'asked';
  readonly manifest: Manifest;
  readonly signal: AbortSignal;
}

/** Settings of an installation manager. */
export interface InstallationsOptions {
  /** The folder below which targets live; made where there is none. @default each input brings its own `root` */
  readonly root?: string;
  /** Put before the names of the operations: `nodes.` gives `nodes.install`. @default none */
  readonly prefix?: string;
  /** Ways to repositories. @default ['https', 'ssh'] */
  readonly protocols?: readonly Protocol[];
  /** Whether submodules are cloned too. @default false */
  readonly submodules?: boolean;
  /** Whether packages may run code of theirs while they are installed: npm's scripts, Python's builds. @default false */
  readonly scripts?: boolean;
  /** Which dependencies are looked for. @default ['npm', 'pip'] */
  readonly dependencies?: readonly Ecosystem[];
  /** The programs. @default git, npm, python3, from PATH */
  readonly commands?: {
    readonly git?: string;
    readonly npm?: string;
    readonly python?: string;
  };
  /** Further arguments of `npm ci` and `npm install`. @default none */
  readonly npmArguments?: readonly string[];
  /**
   * Names of variables that npm gets besides those that it needs, such as the one of a token that `~/.npmrc` names. With `scripts` it gets all. @default none
   */
  readonly npmEnvironment?: readonly string[];
  /** Further arguments of `pip install`. @default none */
  readonly pipArguments?: readonly string[];
  /**
   * The folder for Python packages in each installation; `null` installs them into the environment of `commands.python`, which no rollback undoes.
   * @default '.python-packages'
   */
  readonly pythonTarget?: string | null;
  /**
   * Whether an update carries over what programs and people have put into the installation: files that its repository does not track, and changes of those
   * that it does. @default true
   */
  readonly carryOver?: boolean;
  /**
   * Looks at a folder, after the manager's own look at commit and files. What it throws, and `false`, is a failure; nothing is swapped then, or what was
   * there before comes back. @default none
   */
  readonly verify?: (folder: string, facts: VerifyFacts) => unknown;
  /** Milliseconds that one run of a program may take; > 0. @default 1800000 */
  readonly commandTimeout?: number;
  /** Milliseconds that a program gets to end by itself when it is stopped; >= 0. @default 5000 */
  readonly killGrace?: number;
  /**
   * Policy of `install` and `update`, and what gives secrets back after a restart. `breaker` is the repository's host, and an installation waits where it is
   * open, unless it is said otherwise here. @default the recovery's
   */
  readonly policy?: Omit<PolicyOptions, 'breaker' | 'lock'> &
    Pick<OperationOptions, 'resolveSecrets'> & { readonly breaker?: string | false };
}

/** Settings with everything filled in. */
export interface Settings {
  readonly limits: InputLimits;
  readonly prefix: string;
  readonly git: GitOptions;
  readonly dependencies: DependencyOptions;
  readonly carryOver: boolean;
  readonly verify: InstallationsOptions['verify'];
  readonly commandTimeout: number;
  readonly killGrace: number;
  readonly policy: NonNullable<InstallationsOptions['policy']>;
}

const OPTIONS = [
  'root',
  'prefix',
  'protocols',
  'submodules',
  'scripts',
  'dependencies',
  'commands',
  'npmArguments',
  'npmEnvironment',
  'pipArguments',
  'pythonTarget',
  'carryOver',
  'verify',
  'commandTimeout',
  'killGrace',
  'policy',
];
const ECOSYSTEMS: readonly string[] = ['npm', 'pip'];
const MAX_TIMER = 2 ** 31 - 1;

/** @throws ConfigError that lists everything that is wrong */
export function settingsOf(options: InstallationsOptions): Settings {
  const {
    root,
    prefix = '',
    protocols = ['https', 'ssh'],
    submodules = false,
    scripts = false,
    dependencies = ['npm', 'pip'],
    commands = {},
    npmArguments = [],
    npmEnvironment = [],
    pipArguments = [],
    pythonTarget = PYTHON_PACKAGES,
    carryOver = true,
    verify,
    commandTimeout = 1_800_000,
    killGrace = 5_000,
    policy = {},
  } = options;
  const problems = new Problems();
  const { git = 'git', npm = 'npm', python = 'python3' } = commands;
  checkKeys(problems, options, OPTIONS);
  problems.check(root === undefined || isText(root), 'root', root, 'must be a folder');
  problems.check(typeof prefix === 'string', 'prefix', prefix, 'must be text');
  problems.check(
    isListOf(protocols, PROTOCOLS) && protocols.length > 0,
    'protocols',
    protocols,
    `must list some of ${PROTOCOLS.join(', ')}`,
  );
  problems.check(
    isListOf(dependencies, ECOSYSTEMS),
    'dependencies',
    dependencies,
    `must list some of ${ECOSYSTEMS.join(', ')}`,
  );
  for (const [key, value] of Object.entries({ submodules, scripts, carryOver })) {
    problems.check(typeof value === 'boolean', key, value, 'must be true or false');
  }
  for (const [key, value] of Object.entries({ git, npm, python })) {
    problems.check(isText(value), `commands.${key}`, value, 'must be a program');
  }
  for (const [key, value] of Object.entries({ npmArguments, pipArguments })) {
    const fits = Array.isArray(value) && value.every(each => typeof each === 'string');
    problems.check(fits, key, value, 'must be a list of arguments');
  }
  const named = Array.isArray(npmEnvironment) && npmEnvironment.every(isText);
  problems.check(named, 'npmEnvironment', npmEnvironment, 'must be a list of names of variables');
  const fitting = pythonTarget === null || (isText(pythonTarget) && isFolderName(pythonTarget));
  problems.check(fitting, 'pythonTarget', pythonTarget, 'must be the name of one folder, or null');
  const verifies = verify === undefined || typeof verify === 'function';
  problems.check(verifies, 'verify', verify, 'must be a function');
  const timely = commandTimeout > 0 && commandTimeout <= MAX_TIMER;
  problems.check(timely, 'commandTimeout', commandTimeout, `must be > 0 and <= ${MAX_TIMER}`);
  const patient = killGrace >= 0 && killGrace <= MAX_TIMER;
  problems.check(patient, 'killGrace', killGrace, `must be >= 0 and <= ${MAX_TIMER}`);
  problems.throwIfAny('createInstallations');
  return {
    limits: { root: root === undefined ? undefined : resolve(root), protocols },
    prefix,
    git: { program: git, protocols, submodules },
    dependencies: {
      git,
      npm,
      python,
      ecosystems: dependencies,
      scripts,
      npmArguments,
      npmEnvironment,
      pipArguments,
      pythonTarget,
    },
    carryOver,
    verify,
    commandTimeout,
    killGrace,
    policy,
  };
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function isListOf(list: unknown, known: readonly string[]): boolean {
  return Array.isArray(list) && list.every(each => known.includes(each));
}

function isFolderName(name: string): boolean {
  return !isAbsolute(name) && nameProblem(name.replace(/^\./, '')) === undefined;
}
