import { InvalidArgumentError } from 'commander';
import { SecretsMissingError, ValidationError } from '../../services/errors.ts';
import type { OperationView } from '../../services/ports.ts';
import type { GitAuth } from './dependencies.ts';

/** What the command line says of a credential: where it is, and for whom; never what it is. */
export interface AuthSource {
  /** Name and port of the server; undefined for the one that the command itself is about. */
  readonly host: string | undefined;
  /** Name of the environment variable that has it. */
  readonly variable: string;
}

interface Credential {
  readonly host: string | undefined;
  readonly secret: string;
}

/** Collects `VARIABLE` and `host=VARIABLE`. */
export function collectAuth(
  text: string,
  previous: readonly AuthSource[] = [],
): readonly AuthSource[] {
  const [, host, variable] = /^(?:([^=\s/@]+)=)?([a-z_]\w*)$/i.exec(text) ?? [];
  if (variable === undefined) {
    throw new InvalidArgumentError(
      'It is the name of an environment variable, or a server and one: github.com=TOKEN.',
    );
  }
  return [...previous, { host: host?.toLowerCase(), variable }];
}

/** Credentials of this process, each for one server. They come from the environment, which other users cannot see, as they can the arguments. */
export class Credentials {
  readonly #known: readonly Credential[];

  private constructor(known: readonly Credential[]) {
    this.#known = known;
  }

  /**
   * Takes them out of the environment, so that no program that is run gets them with it.
   * @param aboutOne whether the command is about one server, so that its name may be left out
   * @throws ValidationError naming each variable that is not set, or that lacks its server
   */
  static take(
    sources: readonly AuthSource[] = [],
    { aboutOne }: { readonly aboutOne: boolean },
    env: NodeJS.ProcessEnv = process.env,
  ): Credentials {
    const problems = sources.flatMap(({ host, variable }) => {
      if (host === undefined && !aboutOne)
        return `name the server of ${variable}: host=${variable}`;
      return env[variable]?.trim() ? [] : `the environment variable ${variable} is not set`;
    });
    if (problems.length > 0) {
      throw new ValidationError(`--auth-env: ${problems.join('; ')}`, { details: { problems } });
    }
    const known = sources.map(({ host, variable }) => ({
      host,
      secret: env[variable]?.trim() ?? '',
    }));
    for (const { variable } of sources) delete env[variable];
    return new Credentials(known);
  }

  get any(): boolean {
    return this.#known.length > 0;
  }

  /** For git: a value of several words is a whole header, one of one word a token. */
  readonly authFor = (repository: string): GitAuth | undefined => {
    const secret = this.#secretFor(repository);
    if (secret === undefined) return undefined;
    return /\s/.test(secret) ? secret : { password: secret };
  };

  /** For a download. */
  readonly headersFor = (url: string): Readonly<Record<string, string>> | undefined => {
    const secret = this.#secretFor(url);
    if (secret === undefined) return undefined;
    return { Authorization: /\s/.test(secret) ? secret : `Bearer ${secret}` };
  };

  /** Never for a way on which everybody could read it. */
  #secretFor(address: string): string | undefined {
    if (!URL.canParse(address)) return undefined;
    const { protocol, host, hostname } = new URL(address);
    const local = /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
    if (protocol !== 'https:' && !(protocol === 'http:' && local)) return undefined;
    const own = this.#known.find(known => known.host === host);
    return (own ?? this.#known.find(known => known.host === undefined))?.secret;
  }

  /**
   * Before anything begins: an operation that began with credentials and has to do without them could only fail.
   * @param repositoryOf where the repository of an update is
   * @throws SecretsMissingError for the first that lacks them
   */
  async require(
    views: readonly OperationView[],
    repositoryOf: (input: unknown) => Promise<string | undefined>,
  ): Promise<void> {
    for (const { id, name, input } of views) {
      const path = missingAuth(input);
      if (path === undefined) continue;
      const { url } = input as { readonly url?: unknown };
      const address = typeof url === 'string' ? url : await repositoryOf(input);
      if (address !== undefined && this.#secretFor(address) !== undefined) continue;
      throw new SecretsMissingError(id, name, [path]);
    }
  }
}

/** Where an input had a credential that is not in the store. */
function missingAuth(input: unknown): string | undefined {
  if (typeof input !== 'object' || input === null) return undefined;
  const { auth, headers } = input as Record<string, unknown>;
  if (isHidden(auth)) return 'auth';
  if (typeof headers !== 'object' || headers === null) return undefined;
  const found = Object.entries(headers).find(
    ([name, value]) => name.toLowerCase() === 'authorization' && isHidden(value),
  );
  return found && `headers.${found[0]}`;
}

function isHidden(value: unknown): boolean {
  return typeof value === 'object' && value !== null && '$secret' in value;
}
