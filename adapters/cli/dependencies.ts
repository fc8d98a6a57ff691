import type { OperationDefinition, Recovery } from '../../services/ports.ts';

/** The input of the download operation, as far as the command line fills it in. */
export interface DownloadRequest {
  readonly url: string;
  /** Absolute. */
  readonly file: string;
  readonly sha256?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Milliseconds. */
  readonly idleTimeout?: number;
}

/** The output of the download operation. */
export interface Downloaded {
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly resumedFrom: number;
}

/** What opens a repository: the value of an `Authorization` header, or a password or token. */
export type GitAuth = string | { readonly password: string };

/** The operations that install git repositories, as the command line's program names them. */
export type InstallationName = 'git.install' | 'git.update' | 'git.uninstall';

/** The inputs of those, as far as the command line fills them in. */
export interface InstallationRequest {
  /** Absolute. */
  readonly root: string;
  readonly name?: string;
  readonly repository?: string;
  readonly ref?: string;
  readonly auth?: GitAuth;
  readonly replace?: boolean;
  readonly force?: boolean;
}

/** The output of an installation or update, as far as it is told. */
export interface Installed {
  readonly folder: string;
  readonly commit: string;
  readonly changed: boolean;
  readonly carriedOver?: {
    readonly files: number;
    readonly conflicting: number;
    readonly keptIn: string | null;
  };
}

/** The output of an uninstallation, as far as it is told. */
export interface Uninstalled {
  readonly folder: string;
  readonly removed: boolean;
}

/** The operations on projects, as the command line's program names them. */
export type ProjectOperation =
  | 'project.create'
  | 'project.import'
  | 'project.duplicate'
  | 'project.export'
  | 'project.delete'
  | 'project.verify';

/** Folders that projects are in; absolute. */
export interface ProjectFolders {
  readonly root: string;
  readonly modelsRoot: string;
  readonly nodesRoot: string;
}

/** The inputs of those operations, as far as the command line fills them in. */
export interface ProjectRequest extends ProjectFolders {
  readonly name: string;
  /** Absolute: the workflow that is read, or the bundle that is written. */
  readonly file?: string;
  readonly catalogue?: string;
  readonly allowMissing?: boolean;
  readonly trust?: boolean;
  readonly template?: string;
  readonly to?: string;
  readonly overwrite?: boolean;
  readonly models?: boolean;
  readonly repair?: boolean;
}

/** A project, as far as it is told. */
export interface ListedProject {
  readonly name: string;
  readonly folder: string;
  readonly created: string | null;
  readonly models: number;
  readonly nodes: number;
  readonly bytes: number;
  readonly problem?: string;
}

/** How downloads and installations are to run in this process. */
export interface DownloadTuning {
  /** Retries of a download or an installation. @default the operation's */
  readonly maxRetries?: number;
  /** Ranges of a large file that are fetched at the same time. @default the operation's */
  readonly ranges?: number;
  /** Bytes a second. @default no limit */
  readonly bytesPerSecond?: number;
}

/** What a command may ask of the recovery that it works with; whatever is left out has the library's or the operation's default. */
export interface OpenOptions extends DownloadTuning {
  /** What the store does not have: the headers of a download that goes on. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Nor credentials of servers: those of a repository, and the headers of a download. */
  readonly authFor?: (repository: string) => GitAuth | undefined;
  readonly headersFor?: (url: string) => Readonly<Record<string, string>> | undefined;
  /** Milliseconds before the first retry. */
  readonly initialDelay?: number;
  /** Consecutive failures of one host that open its breaker. */
  readonly breakerThreshold?: number;
  /** Milliseconds that it stays open. */
  readonly breakerTimeout?: number;
}

/** A store that is open, with the operations that the command line knows. */
export interface OpenStore {
  readonly recovery: Recovery;
  readonly download: OperationDefinition<DownloadRequest, Downloaded>;
}

/** What a look at a store's files found, as far as `doctor` tells it. */
export interface Inspection {
  readonly path: string;
  readonly exists: boolean;
  /** Version of the store's layout; absent where the image can't be read. */
  readonly format?: number;
  readonly imageBytes: number;
  /** Commits that no image holds yet. */
  readonly redoFrames: number;
  readonly redoBytes: number;
  /** Bytes of a write that was cut short and never acknowledged. */
  readonly tornBytes: number;
  readonly operationsByState: Readonly<Record<string, number>>;
  readonly transitions: number;
  readonly integrity: 'ok' | readonly string[];
  /** The process that has the store open. */
  readonly lockedBy?: number;
  readonly problems: readonly {
    readonly file: string;
    readonly offset?: number;
    readonly problem: string;
    readonly advice: string;
  }[];
}

/** A statechart of the library. */
export interface Chart {
  readonly name: string;
  /** As JSON, for `createMachine` and Stately's editor. */
  readonly config: object;
  /** As a Mermaid diagram. */
  readonly mermaid: string;
}

/** Secrets of a server's clients, by role. */
export interface ServeTokens {
  readonly viewer: readonly string[];
  readonly operator: readonly string[];
}

export interface ServeRequest {
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  /** Names that clients may call the server by, besides its own. */
  readonly allowedHosts: readonly string[];
  readonly tokens: ServeTokens;
}

/** Everything that the command line needs and does not make itself. */
export interface CliDependencies {
  readonly version: string;
  /** How the program was called, for a command that is to be repeated: `xstate-recovery`, `npm start --`. */
  readonly invocation: string;
  /** The program and first arguments that start this program anew. */
  readonly self: readonly [string, ...string[]];
  /** Opens or creates the store at a path. Nothing runs before `resume` or `start`. */
  open(path: string, options?: OpenOptions): Promise<OpenStore>;
  /** Reads a store's files; changes nothing, and works while another process uses them. */
  inspect(path: string): Promise<Inspection>;
  charts(): readonly Chart[];
  /** @throws ValidationError for an input that the download would refuse */
  checkDownload(request: DownloadRequest): void;
  /** @throws ValidationError for an input that the operation would refuse */
  checkInstallation(name: InstallationName, request: InstallationRequest): void;
  /** @throws ValidationError for an input that the operation would refuse */
  checkProject(name: ProjectOperation, request: ProjectRequest): void;
  /**
   * Reads the files of an import, and changes nothing.
   * @throws RecoveryError, as the import would, with everything that is wrong in `details`
   */
  previewImport(request: ProjectRequest): Promise<void>;
  /** The projects below a root. */
  listProjects(root: string): Promise<readonly ListedProject[]>;
  /** Where the repository of an installation or an update is; undefined where nobody knows. */
  repositoryOf(input: unknown): Promise<string | undefined>;
  /** The folder that a repository would be installed as; undefined where its address is none. */
  folderName(repository: string): string | undefined;
  /**
   * Serves a recovery over HTTP.
   * @throws ConfigError for what cannot be used, such as an open address without tokens
   */
  serve(
    recovery: Recovery,
    request: ServeRequest,
  ): Promise<{ readonly url: string; close(): Promise<void> }>;
}
