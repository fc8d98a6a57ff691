import { type DestinationStream, type Level, type Logger, pino, stdSerializers } from 'pino';
import { ConfigError } from '../../services/errors.ts';
import { CENSOR, withoutSecrets } from '../redaction.ts';
import { SECRET_PATHS, VALUE_PATHS } from './secrets.ts';

export interface PinoLoggerOptions {
  /** The least that is written. @default 'info' */
  readonly level?: Level | 'silent';
  /** Paths that are never written, in pino's syntax (`user.email`, `*.iban`), beside the usual secrets and every input and output. @default none */
  readonly redact?: readonly string[];
  /** @default standard output */
  readonly destination?: DestinationStream;
}

/**
 * A pino logger that shows no secrets, for `createRecovery({ logger })` and `logTransitions`. Your own pino logger fits as well.
 * @throws ConfigError for a level or path that pino refuses
 */
export function pinoLogger(options: PinoLoggerOptions = {}): Logger {
  const { level = 'info', redact = [], destination } = options;
  const settings = {
    level,
    redact: { paths: [...SECRET_PATHS, ...VALUE_PATHS, ...redact], censor: CENSOR },
    serializers: { err: safeError },
  };
  try {
    return destination === undefined ? pino(settings) : pino(settings, destination);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new ConfigError(`pinoLogger: ${why}`, { cause: error });
  }
}

/** Name, code, message and stack; what else hangs on an error may be anything. */
function safeError(error: unknown): unknown {
  if (!(error instanceof Error)) return withoutSecrets(String(error));
  const { type, message, stack } = stdSerializers.err(error);
  const code: unknown = Reflect.get(error, 'code');
  return {
    type,
    ...(typeof code === 'string' ? { code } : {}),
    message: withoutSecrets(message),
    ...(stack === undefined ? {} : { stack: withoutSecrets(stack) }),
  };
}
