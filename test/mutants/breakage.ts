/** A small thing that is broken on purpose, so that it is seen that the tests notice. */
export interface Breakage {
  /** The source file, below the project's folder. */
  readonly file: string;
  /** Occurs exactly once in it. */
  readonly find: string;
  readonly replace: string;
  /** What is broken, in words. */
  readonly what: string;
  /** The test files that notice: a regular expression on the path below `test/`. */
  readonly tests: string;
  /** Why nobody can notice it, where that is so. It is run all the same, and counted apart. */
  readonly equivalent?: string;
}

/** The breakages of one part of the library. */
export interface Group {
  readonly part: string;
  /** Asked where the tests of a breakage are content with it: the tests of the whole part. */
  readonly wider: string;
  /** Milliseconds after which tests that are still at work hang. @default 60000 */
  readonly patience?: number;
  readonly breakages: readonly Breakage[];
}

/** The source with the breakage in it; or why there is none. */
export function broken(
  source: string,
  { find, replace }: Breakage,
): { readonly text: string } | { readonly problem: string } {
  const times = source.split(find).length - 1;
  if (times !== 1)
    return { problem: `what is to be replaced occurs ${times} times instead of once` };
  if (find === replace) return { problem: 'nothing is replaced' };
  return { text: source.split(find).join(replace) };
}
