import { createRequire } from 'node:module';
import { ConfigError } from '../../services/errors.ts';

/** `@opentelemetry/api`, as a module. */
export type OpenTelemetryApi = typeof import('@opentelemetry/api');

type Require = (id: string) => unknown;

/**
 * Loaded only when somebody traces, since not everyone has it. All copies of it in a process share what the app has registered.
 * @throws ConfigError when it cannot be loaded
 */
export function loadApi(
  load: Require = id => createRequire(import.meta.url)(id),
): OpenTelemetryApi {
  try {
    return load('@opentelemetry/api') as OpenTelemetryApi;
  } catch (cause) {
    // Node adds the files that it has come through, each on a line of its own.
    const [why] = (cause instanceof Error ? cause.message : String(cause)).split('\n');
    throw new ConfigError(
      `traceOperations needs the package @opentelemetry/api, which cannot be loaded; run "npm install @opentelemetry/api", or give the module as the option api (${why})`,
      { cause },
    );
  }
}

/** The version of this package; undefined where it was bundled into another one. */
export function ownVersion(): string | undefined {
  try {
    const { version } = createRequire(import.meta.url)('xstate-recovery/package.json');
    return String(version);
  } catch {
    return undefined;
  }
}
