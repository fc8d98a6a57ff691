import { randomUUID } from 'node:crypto';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CREATED } from './created-channel.ts';
import { ConfigError } from './services/errors.ts';
import type { Inspectable } from './services/ports.ts';
import {
  type ArrowCounts,
  ArrowCoverage,
  type LifeCounts,
  type MachineCoverage,
  percentageOf,
} from './services/testing/coverage.ts';
import {
  coverageBadge,
  coverageLines,
  coveragePage,
  livesInWords,
} from './services/testing/coverage-views.ts';
import { LIVED, type Lived } from './services/testing/lived.ts';

/** Names the folder that every process of a test run writes its counts into. */
export const COVERAGE_FOLDER = 'RECOVERY_COVERAGE';
const SUFFIX = '.arrows.json';

/** What a process has counted. JSON-safe. */
interface Counts {
  readonly arrows: ArrowCounts;
  readonly lives: LifeCounts;
}

/** What `beginCoverage` gives. */
export interface RunningCoverage {
  readonly coverage: ArrowCoverage;
  /** Writes what was counted up to now, in place of what it has written before. */
  write(): void;
  /** Writes, and counts no more. */
  end(): void;
}

export interface CoverageOptions {
  /** The folder that counts are written into. @default what the environment's RECOVERY_COVERAGE says */
  readonly folder?: string;
}

/**
 * Counts the arrows that every recovery of this process takes from now on. What was counted is written when the process (or worker thread) exits.
 * @returns undefined where no folder is named: then nothing is counted
 */
export function beginCoverage(options: CoverageOptions = {}): RunningCoverage | undefined {
  const folder = options.folder ?? process.env[COVERAGE_FOLDER];
  if (folder === undefined || folder === '') return undefined;
  mkdirSync(folder, { recursive: true });
  const coverage = new ArrowCoverage();
  const file = join(folder, `${process.pid}-${randomUUID()}${SUFFIX}`);
  const created = (recovery: unknown) => void coverage.follow(recovery as Inspectable);
  const lives = { paths: 0, crashes: 0, took: 0 };
  const lived = (life: unknown) => {
    const { isCut, took } = life as Lived;
    lives[isCut ? 'crashes' : 'paths'] += 1;
    lives.took += took;
  };
  const write = () =>
    writeFileSync(file, JSON.stringify({ arrows: coverage.counts(), lives } satisfies Counts));
  const end = () => {
    unsubscribe(LIVED, lived);
    unsubscribe(CREATED, created);
    process.off('exit', end);
    write();
  };
  subscribe(CREATED, created);
  subscribe(LIVED, lived);
  process.on('exit', end);
  return { coverage, write, end };
}

export interface CoverageEnd {
  /** A table of arrows taken and drawn, what was not taken, and how many paths were lived. */
  readonly lines: readonly string[];
  /** Whether the threshold was reached. */
  readonly ok: boolean;
  readonly report: readonly MachineCoverage[];
  /** Paths of `operationPaths` and `crashPaths` that were lived, and went well. */
  readonly lives: LifeCounts;
}

export interface CoverageEndOptions {
  /** Per cent of the arrows of all charts that must have been taken, from 0 to 100. @default 100 */
  readonly threshold?: number;
}

/**
 * Adds up what the processes of a test run have counted, and writes `index.html` and `badge.svg` beside it.
 * @throws ConfigError for a folder without counts, and for counts that cannot be read
 */
export function endCoverage(folder: string, options: CoverageEndOptions = {}): CoverageEnd {
  const { threshold = 100 } = options;
  if (!(threshold >= 0 && threshold <= 100)) {
    throw new ConfigError(`threshold must be from 0 to 100, got ${String(threshold)}`);
  }
  const coverage = new ArrowCoverage();
  const lives = { paths: 0, crashes: 0, took: 0 };
  for (const file of countsIn(folder)) {
    const counts = readCounts(join(folder, file));
    coverage.add(counts.arrows);
    lives.paths += counts.lives.paths;
    lives.crashes += counts.lives.crashes;
    lives.took += counts.lives.took;
  }
  const report = coverage.report();
  writeFileSync(join(folder, 'index.html'), coveragePage(report));
  writeFileSync(join(folder, 'badge.svg'), coverageBadge(report));
  const ok = percentageOf(report) >= threshold;
  const verdict = ok ? [] : [`arrows: less than ${threshold} % were taken`];
  return {
    lines: [...coverageLines(report), ...livesInWords(lives), ...verdict],
    ok,
    report,
    lives,
  };
}

function countsIn(folder: string): readonly string[] {
  let names: readonly string[];
  try {
    names = readdirSync(folder);
  } catch (cause) {
    throw new ConfigError(`no counts of arrows can be read from ${folder}`, { cause });
  }
  const files = names.filter(name => name.endsWith(SUFFIX));
  if (files.length > 0) return files;
  throw new ConfigError(`${folder} has no counts of arrows: was beginCoverage() called?`);
}

function readCounts(file: string): Counts {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Counts;
  } catch (cause) {
    throw new ConfigError(`${file} has no counts of arrows`, { cause });
  }
}
