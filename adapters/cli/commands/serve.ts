import type { CliDependencies, ServeTokens } from '../dependencies.ts';
import { ExitCode } from '../exit-code.ts';
import { count } from '../format.ts';
import { Interrupts } from '../interrupts.ts';
import { withStore } from '../store.ts';
import { type Io, print, warn } from '../terminal-io.ts';

export interface ServeOptions {
  readonly store: string;
  readonly host: string;
  readonly port: number;
  readonly allowHost?: readonly string[];
}

/** Goes on with what is unfinished and serves the store over HTTP, until it is told to stop. */
export async function serveCommand(
  deps: CliDependencies,
  io: Io,
  options: ServeOptions,
): Promise<ExitCode> {
  const { host, port, allowHost: allowedHosts = [] } = options;
  const tokens = tokensOf(process.env);
  return withStore(deps, options.store, {}, async ({ recovery }) => {
    let stop = () => {};
    const stopped = new Promise<void>(resolve => {
      stop = resolve;
    });
    const interrupts = new Interrupts(stop);
    try {
      const server = await deps.serve(recovery, { host, port, allowedHosts, tokens });
      try {
        const { resumed, quarantined } = await recovery.resume();
        print(io, server.url);
        if (resumed > 0) print(io, `going on with ${count(resumed, 'operation')}`);
        if (quarantined > 0) warn(io, `set aside: ${count(quarantined, 'operation')}`);
        if (tokens.viewer.length + tokens.operator.length === 0) {
          warn(
            io,
            'without RECOVERY_OPERATOR_TOKENS everyone on this machine may run operations here',
          );
        }
        await stopped;
      } finally {
        await server.close();
      }
    } finally {
      interrupts.release();
    }
    return ExitCode.SUCCESS;
  });
}

/** From the environment: arguments are for every user of the machine to see. */
function tokensOf(env: NodeJS.ProcessEnv): ServeTokens {
  const list = (text = '') =>
    text
      .split(',')
      .map(token => token.trim())
      .filter(token => token !== '');
  return {
    viewer: list(env.RECOVERY_VIEWER_TOKENS),
    operator: list(env.RECOVERY_OPERATOR_TOKENS),
  };
}
