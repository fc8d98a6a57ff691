import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { FixedDelayStrategy, type OperationOptions } from '../../../index.ts';
import type { Recovery } from '../../../services/ports.ts';
import {
  type CrashPath,
  crashPaths,
  type OperationPath,
  operationPaths,
  type PathOutcome,
} from '../../../testing.ts';

/** What an operation is tested with. */
export interface Subject {
  readonly policy: OperationOptions<string, string>;
  readonly outcomes: readonly PathOutcome[];
  /** Crashes on the memory store, too. @default false */
  readonly cutsMemory?: boolean;
}

const STORES = ['sqljs', 'memory'] as const;
type Store = (typeof STORES)[number];

/** One retry and one interruption, so that no path is long. */
const define = (policy: Subject['policy']) => (recovery: Recovery) =>
  recovery.operation(
    'work',
    async (input: string, op) => {
      const first = await op.step('first', async () => input.length);
      return `${input} ${first}`;
    },
    {
      maxRetries: 1,
      maxInterruptions: 1,
      strategy: new FixedDelayStrategy({ delay: 500 }),
      ...policy,
    },
  );

export const pathsOf = ({ policy, outcomes }: Subject, store: Store): Promise<OperationPath[]> =>
  operationPaths(define(policy), { input: 'abc', outcomes, store });

/** Runs all of them, and tells of the ones that failed. */
export async function none(paths: readonly (OperationPath | CrashPath)[]): Promise<void> {
  const problems: string[] = [];
  for (const path of paths) {
    try {
      await path.run();
    } catch (error) {
      problems.push((error as Error).message);
    }
  }
  assert.equal(problems, []);
}

/**
 * Every path of an operation through its chart, on both stores, and every one of them with a crash in every commit on the disk.
 * @param least paths that there are at least
 */
export function pathSuite(title: string, subject: Subject, least: number): void {
  const test = suite(`paths of an operation ${title}`);
  for (const store of STORES) {
    let made: Promise<OperationPath[]> | undefined;
    const paths = () => {
      made ??= pathsOf(subject, store);
      return made;
    };

    test(`${store}: on every path the runtime is where the chart is, and keeps its promises`, async () => {
      const all = await paths();
      assert.ok(all.length >= least, `${all.length} paths`);
      assert.is(new Set(all.map(({ description }) => description)).size, all.length);
      await none(all);
    });

    // The disk is where it can go wrong; one suite looks at memory too.
    if (store === 'memory' && subject.cutsMemory !== true) continue;
    test(`${store}: a process that dies in any commit of any path is followed by one that comes to the same end`, async () => {
      const cuts = await crashPaths(await paths());
      assert.ok(cuts.length >= least * 2, `${cuts.length} cuts`);
      await none(cuts);
    });
  }
  test.run();
}
