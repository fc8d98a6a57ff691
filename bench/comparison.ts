import type { ContenderName, Round } from './contender.ts';
import { round } from './report.ts';
import type { Table } from './section.ts';
import { median, quantile } from './statistics.ts';
import type { Subject } from './subject.ts';

/** How the rounds are laid out. */
export interface Course {
  readonly concurrencies: readonly number[];
  readonly rounds: number;
  readonly milliseconds: number;
}

/** One contender at one concurrency. */
export interface Figures {
  /** Calls a second of each round, in order. */
  readonly rates: readonly number[];
  /** Milliseconds, over all rounds. */
  readonly p50: number;
  readonly p99: number;
  /** Microseconds on a processor that a call takes of the main thread. */
  readonly mainThread: number;
}

export type Comparison = ReadonlyMap<number, ReadonlyMap<ContenderName, Figures>>;

/** Until V8 has compiled what is hot. */
const COMPILING_MS = 1_500;

/** Lets the subjects run in turn, round after round, so that noise of the machine hits them alike. */
export async function compare(
  subjects: readonly Subject[],
  { concurrencies, rounds, milliseconds }: Course,
  say: (line: string) => void,
): Promise<Comparison> {
  const all = new Map<number, ReadonlyMap<ContenderName, Figures>>();
  for (const subject of subjects) await subject.round(100, COMPILING_MS);
  for (const concurrency of concurrencies) {
    const taken = new Map<Subject, Round[]>(subjects.map(subject => [subject, []]));
    for (const subject of subjects) await subject.round(concurrency, milliseconds); // settles
    for (let turn = 0; turn < rounds; turn++) {
      for (let index = 0; index < subjects.length; index++) {
        const subject = subjects[(index + turn) % subjects.length] as Subject;
        taken.get(subject)?.push(await subject.round(concurrency, milliseconds));
      }
    }
    const figures = new Map<ContenderName, Figures>();
    for (const [{ name }, own] of taken) {
      figures.set(name, figuresOf(own));
      say(`${name}, ${concurrency} at once: ${line(figuresOf(own)).join(', ')}`);
    }
    all.set(concurrency, figures);
  }
  return all;
}

function figuresOf(rounds: readonly Round[]): Figures {
  const latencies = Float64Array.from(rounds.flatMap(({ latencies }) => [...latencies])).sort();
  return {
    rates: rounds.map(({ calls, seconds }) => calls / seconds),
    p50: quantile(latencies, 0.5),
    p99: quantile(latencies, 0.99),
    mainThread: median(rounds.map(({ calls, mainThread }) => (1000 * mainThread) / calls)),
  };
}

/** How many times as fast as the other: the median over the rounds, each held against its neighbour in time. */
export function ratio(
  comparison: Comparison,
  concurrency: number,
  name: ContenderName,
  other: ContenderName,
): number {
  const own = comparison.get(concurrency)?.get(name)?.rates ?? [];
  const theirs = comparison.get(concurrency)?.get(other)?.rates ?? [];
  return median(own.map((rate, turn) => rate / (theirs[turn] ?? Number.NaN)));
}

const line = ({ rates, p50, p99 }: Figures) => [
  `${round(median(rates))}/s`,
  `p50 ${round(p50)} ms`,
  `p99 ${round(p99)} ms`,
];

/** A row for each contender, with how many times as fast `name` is. */
export function tables(comparison: Comparison, name: ContenderName): readonly Table[] {
  return [...comparison].map(([concurrency, figures]) => ({
    head: [
      `${concurrency} at once`,
      'calls/s',
      'lowest',
      'highest',
      'p50 ms',
      'p99 ms',
      'main µs',
      `${name} is`,
    ],
    rows: [...figures].map(([other, { rates, p50, p99, mainThread }]) => [
      other,
      round(median(rates)),
      round(Math.min(...rates)),
      round(Math.max(...rates)),
      round(p50),
      round(p99),
      round(mainThread),
      other === name ? '' : `${round(ratio(comparison, concurrency, name, other))} x`,
    ]),
  }));
}
