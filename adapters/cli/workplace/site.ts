import { resolve } from 'node:path';
import { ValidationError } from '../../../services/errors.ts';
import { RecoveryClient } from '../../http-client/index.ts';
import { Credentials } from '../credentials.ts';
import type { CliDependencies } from '../dependencies.ts';
import { defaultStorePath, requireStore } from '../store.ts';
import { ServerWorkplace } from './server-workplace.ts';
import { StoreWorkplace } from './store-workplace.ts';
import type { OpenWorkplaceOptions, ServerTarget, Site, Workplace } from './workplace.ts';

/** How a command line names its site. */
export interface SiteOptions {
  readonly store?: string;
  readonly server?: string;
  readonly token?: string;
}

/**
 * The site that options and environment name. `--store` and `--server` win over the environment, and there RECOVERY_SERVER over RECOVERY_PERSISTENCE_PATH.
 * @throws ValidationError for options that exclude each other, and for what is no address of a server or no token
 */
export function siteOf(
  deps: CliDependencies,
  { store, server, token }: SiteOptions,
  env: NodeJS.ProcessEnv = process.env,
): Site {
  if (store !== undefined && server !== undefined) {
    throw new ValidationError('--store and --server exclude each other: name one of them');
  }
  const url = server ?? (store === undefined ? env.RECOVERY_SERVER || undefined : undefined);
  if (url === undefined) {
    if (token !== undefined)
      throw new ValidationError('--token is for a server: name it with --server');
    return new StoreSite(deps, store ?? defaultStorePath(env));
  }
  return new ServerSite(deps, { url, token: token ?? (env.RECOVERY_TOKEN?.trim() || undefined) });
}

class StoreSite implements Site {
  readonly here = true;
  readonly #deps: CliDependencies;
  readonly #path: string;

  constructor(deps: CliDependencies, path: string) {
    this.#deps = deps;
    this.#path = path;
  }

  async open({
    create = false,
    tuning,
    headers,
    credentials,
  }: OpenWorkplaceOptions = {}): Promise<Workplace> {
    if (!create) requireStore(this.#path);
    const options = {
      ...tuning,
      ...(headers === undefined ? {} : { headers }),
      ...(credentials && {
        authFor: credentials.authFor,
        headersFor: credentials.headersFor,
      }),
    };
    const { recovery } = await this.#deps.open(resolve(this.#path), options);
    const known = credentials ?? Credentials.take([], { aboutOne: false });
    const { repositoryOf } = this.#deps;
    return new StoreWorkplace(recovery, view => known.require([view], repositoryOf));
  }

  file(path: string): string {
    return fileHere(path);
  }

  store(): string {
    return this.#path;
  }

  server(why: string): ServerTarget {
    throw new ValidationError(why);
  }
}

class ServerSite implements Site {
  readonly #deps: CliDependencies;
  readonly #target: ServerTarget;
  readonly #client: RecoveryClient;

  constructor(deps: CliDependencies, { url, token }: ServerTarget) {
    this.#deps = deps;
    this.#client = new RecoveryClient({ url, ...(token === undefined ? {} : { token }) });
    this.#target = { url: this.#client.address.url, token };
  }

  async open({ tuning = {}, credentials }: OpenWorkplaceOptions = {}): Promise<Workplace> {
    const { url } = this.#target;
    if (credentials?.any === true) {
      throw new ValidationError(
        `--auth-env is for a store, whose process has the environment; ${url} is told with the input: \`start\` with \`auth\` or \`headers\` in it`,
      );
    }
    if (tuning.maxRetries !== undefined) {
      throw new ValidationError(
        `how often it is retried is for ${url} to say; leave --max-retries out`,
      );
    }
    if (tuning.ranges !== undefined || tuning.bytesPerSecond !== undefined) {
      throw new ValidationError(
        `how fast a download is fetched is for ${url} to say; leave --ranges and --limit-rate out`,
      );
    }
    return new ServerWorkplace(this.#client, this.#target, this.#deps.invocation);
  }

  get here(): boolean {
    return this.#client.address.local;
  }

  file(path: string): string {
    if (this.#client.address.local) return fileHere(path);
    if (/^([/\\]|[a-z]:[/\\])/i.test(path)) return path;
    const { url } = this.#target;
    throw new ValidationError(
      `${url} writes the file: name its absolute path there, got "${path}"`,
    );
  }

  store(why: string): string {
    throw new ValidationError(`${this.#target.url} ${why}`);
  }

  server(): ServerTarget {
    return this.#target;
  }
}

/** A trailing slash says "a folder", which `resolve` would hide. */
function fileHere(path: string): string {
  return /[/\\]$/.test(path) || path === '' ? path : resolve(path);
}
