import type { Definition } from './services/runtime/definition.ts';
import {
  type DefineOperation,
  type OperationPath,
  type OperationPathsOptions,
  pathsOf,
} from './services/testing/operation-paths.ts';
import type { PathBed } from './services/testing/path-bed.ts';
import { createTestRecovery, type TestRecoveryOptions } from './test-recovery.ts';

/** Options of `operationPaths`. */
export interface PathsOptions<Input> extends OperationPathsOptions<Input> {
  /** Where they live on. @default 'sqljs', on a simulated disk */
  readonly store?: 'sqljs' | 'memory';
  /** Further options of the recovery that the operation is defined on, such as `settle`. @default none */
  readonly recovery?: Omit<TestRecoveryOptions, 'define' | 'store' | 'concurrency'>;
}

/**
 * The paths that an operation can take through its chart, by its own policy and the outcomes that are named. Each runs on the real runtime, with the real store on a simulated
 * disk, and looks after each step whether state, attempts, history and store are where the chart is.
 * @param define called anew in each process of each path
 * @throws ConfigError for options that cannot be used, outcomes that lead to no end, and too many paths
 */
export function operationPaths<Input = undefined>(
  define: DefineOperation<Input>,
  options: PathsOptions<Input> = {},
): Promise<OperationPath[]> {
  const { store, recovery } = options;
  return pathsOf(
    async (defined, limits): Promise<PathBed<Definition>> =>
      createTestRecovery({
        drainTimeout: 0,
        ...recovery,
        ...limits,
        ...(store === undefined ? {} : { store }),
        define: defined,
      }),
    define,
    options,
  );
}
