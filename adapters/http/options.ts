import type { Server } from 'node:http';
import { z } from 'zod';
import { ConfigError } from '../../services/errors.ts';
import type { Logger } from '../../services/ports.ts';
import type { AccessTokens } from './access.ts';
import { isLoopback } from './addresses.ts';

/** Where `/metrics` comes from. */
export interface MetricsSource {
  readonly contentType: string;
  read(): Promise<string>;
}

/** The state charts as JSON, by name. */
export type Charts = Readonly<Record<string, unknown>>;

/** What makes `/health/ready` say no, besides a store that is not healthy. */
export interface HealthLimits {
  /** Milliseconds that the event loop may keep things waiting (99th percentile of the last seconds). @default 1000 */
  readonly maxEventLoopDelay: number;
  /** Operations that may wait for a slot. @default no limit */
  readonly maxBacklog: number;
}

/** Requests of one caller, by token and address, in a minute; one more gets a 429. */
export interface RequestLimits {
  /** With a token, or where none is needed. @default 6000 */
  readonly requests: number;
  /** Without a token, or with a wrong one; health checks have their own count of as many. @default 120 */
  readonly anonymous: number;
}

export interface RecoveryServerOptions {
  /** Without tokens only loopback: `127.0.0.1`, `::1`, `localhost`. @default '127.0.0.1' */
  readonly host?: string;
  /** 0 picks a free one. @default 3000 */
  readonly port?: number;
  /** Mounts it on this server instead, under `basePath`; its `host`, `port` and time-outs are yours then. */
  readonly server?: Server;
  /** Where every address begins, such as `/recovery`. @default '' alone, '/recovery' on a server of yours */
  readonly basePath?: string;
  /**
   * Secrets of at least 16 characters (`A-Z a-z 0-9 - . _ ~ + /`), by role. Without any, the server is reached from its own machine only, and
   * everyone there is an operator.
   */
  readonly tokens?: AccessTokens;
  /** Names that clients may call the server by, besides `localhost`, addresses and `host`. @default [] */
  readonly allowedHosts?: readonly string[];
  /** Origins of pages that may use it, besides its own: `https://ops.example.com`. @default [] */
  readonly allowedOrigins?: readonly string[];
  /** Bytes of a request's body. @default 1048576 */
  readonly bodyLimit?: number;
  readonly rateLimit?: Partial<RequestLimits>;
  /**
   * The share of the event loop, more than 0 to 1, that telling clients what happens is held to, about, while operations keep it busy. Where that is too little for all of
   * them they are conflated, then dropped. @default 0.05
   */
  readonly streamShare?: number;
  /** Connections at once. @default 1000 */
  readonly maxConnections?: number;
  /** Milliseconds in which the head of a request must have come. @default 10000 */
  readonly headersTimeout?: number;
  /** Milliseconds in which a whole request must have come. @default 30000 */
  readonly requestTimeout?: number;
  /** Milliseconds that `close()` gives requests which are under way. @default 5000 */
  readonly closeTimeout?: number;
  readonly health?: Partial<HealthLimits>;
  /** @default none: there is no `/metrics` then */
  readonly metrics?: MetricsSource;
  /** The web page at `basePath`: the package's own, one that is built in this folder, or none. @default true */
  readonly visualizer?: boolean | string;
  /** Gets a line for each request: commands as info, what went wrong here as error, the rest as debug. @default none */
  readonly logger?: Logger;
}

export type ResolvedServerOptions = Required<Omit<RecoveryServerOptions, 'server' | 'metrics'>> & {
  readonly server: Server | undefined;
  readonly metrics: MetricsSource | undefined;
  readonly tokens: AccessTokens;
  readonly rateLimit: RequestLimits;
  readonly health: HealthLimits;
};

const silent: Logger = { debug() {}, info() {}, warn() {}, error() {} };
const MAX_TIMEOUT = 2 ** 31 - 1;

const count = (least: number, most = Number.MAX_SAFE_INTEGER) => {
  const error = `must be an integer from ${least} to ${most}`;
  return z.int({ error }).min(least, { error }).max(most, { error });
};
const texts = (pattern: RegExp, error: string) =>
  z.array(z.string({ error }).regex(pattern, { error }), { error: 'must be an array' });
const page = { error: 'must be true, false or a folder' };
const method = (name: string) => (value: unknown) =>
  typeof (value as Readonly<Record<string, unknown>> | null)?.[name] === 'function';
const tokens = texts(
  /^[\w.~+/-]{16,512}=*$/,
  'must be at least 16 characters of A-Z a-z 0-9 - . _ ~ + /',
).optional();

const SHARE = 'must be more than 0 and at most 1';

const optionsSchema = z.strictObject({
  host: z.string().min(1, { error: 'must be a name or an address' }).optional(),
  port: count(0, 65_535).optional(),
  server: z.custom<Server>(method('listeners'), { error: 'must be an http.Server' }).optional(),
  basePath: z
    .string()
    .regex(/^(\/[\w.~-]+)*$/, { error: "must be '' or begin with a slash, and not end with one" })
    .optional(),
  tokens: z.strictObject({ viewer: tokens, operator: tokens }).optional(),
  allowedHosts: texts(/^[\w.-]+$/, 'must be a name without a port').optional(),
  allowedOrigins: texts(
    /^https?:\/\/[^/\s]+$/,
    'must be an origin such as https://ops.example.com',
  ).optional(),
  bodyLimit: count(1).optional(),
  rateLimit: z
    .strictObject({ requests: count(1).optional(), anonymous: count(1).optional() })
    .optional(),
  streamShare: z.number().gt(0, { error: SHARE }).max(1, { error: SHARE }).optional(),
  maxConnections: count(1).optional(),
  headersTimeout: count(1, MAX_TIMEOUT).optional(),
  requestTimeout: count(1, MAX_TIMEOUT).optional(),
  closeTimeout: count(0, MAX_TIMEOUT).optional(),
  health: z
    .strictObject({
      maxEventLoopDelay: z.number().positive().optional(),
      maxBacklog: z.number().min(0).optional(),
    })
    .optional(),
  metrics: z
    .custom<MetricsSource>(method('read'), { error: 'must have contentType and read()' })
    .optional(),
  visualizer: z.union([z.boolean(), z.string().min(1, page)], page).optional(),
  logger: z.custom<Logger>(method('info'), { error: 'must be a logger' }).optional(),
});

/**
 * The options with their defaults.
 * @throws ConfigError that names every problem; never a token
 */
export function resolveServerOptions(options: RecoveryServerOptions): ResolvedServerOptions {
  const problems = problemsOf(options);
  if (problems.length > 0) {
    const sentences = problems.map(({ option, problem }) => `${option} ${problem}`).join('; ');
    throw new ConfigError(`createRecoveryServer: ${sentences}`, { details: { problems } });
  }
  const { server, tokens = {} } = options;
  const host = options.host ?? '127.0.0.1';
  const basePath = options.basePath ?? (server === undefined ? '' : '/recovery');
  return {
    host,
    port: options.port ?? 3000,
    server,
    basePath,
    tokens,
    allowedHosts: options.allowedHosts ?? [],
    allowedOrigins: options.allowedOrigins ?? [],
    bodyLimit: options.bodyLimit ?? 1_048_576,
    rateLimit: { requests: 6_000, anonymous: 120, ...options.rateLimit },
    streamShare: options.streamShare ?? 0.05,
    maxConnections: options.maxConnections ?? 1_000,
    headersTimeout: options.headersTimeout ?? 10_000,
    requestTimeout: options.requestTimeout ?? 30_000,
    closeTimeout: options.closeTimeout ?? 5_000,
    health: { maxEventLoopDelay: 1_000, maxBacklog: Number.POSITIVE_INFINITY, ...options.health },
    metrics: options.metrics,
    visualizer: options.visualizer ?? true,
    logger: options.logger ?? silent,
  };
}

interface OptionProblem {
  readonly option: string;
  readonly problem: string;
  readonly source: 'options';
}

function problemsOf(options: RecoveryServerOptions): OptionProblem[] {
  const problems: OptionProblem[] = [];
  const note = (option: string, problem: string) =>
    problems.push({ option, problem, source: 'options' });
  for (const issue of optionsSchema.safeParse(options).error?.issues ?? []) {
    const option = issue.path.join('.');
    if (issue.code === 'unrecognized_keys') {
      for (const key of issue.keys) note([...issue.path, key].join('.'), 'is not an option');
    } else note(option === '' ? 'options' : option, issue.message);
  }
  if (problems.length > 0) return problems;
  const { host = '127.0.0.1', server, tokens = {} } = options;
  const given = [...(tokens.viewer ?? []), ...(tokens.operator ?? [])];
  if (new Set(given).size < given.length) note('tokens', 'must not have a token twice');
  if (server === undefined && given.length === 0 && !isLoopback(host)) {
    note('host', `must be loopback as long as there are no tokens, got ${JSON.stringify(host)}`);
  }
  if (server !== undefined && options.basePath === '') {
    note('basePath', "must not be '' on a server of yours");
  }
  return problems;
}
