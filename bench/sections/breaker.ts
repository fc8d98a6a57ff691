import {
  type BreakerKind,
  type BreakerName,
  breakerKinds,
  breakerNames,
} from '../breaker-contender.ts';
import type { BreakerOrder } from '../breaker-process.ts';
import { Child } from '../child.ts';
import { round } from '../report.ts';
import type { Section, Stage, Table } from '../section.ts';
import { median } from '../statistics.ts';

const OURS = 'xstate-recovery';
const SUBJECTS = [OURS, 'cockatiel', 'opossum'] as const;
const KEYS = 100_000;
const LONGEST_MS = 120_000;

/** Nanoseconds of a call in each round; undefined where there is no such breaker. */
type Rounds = ReadonlyMap<BreakerName, readonly (number | undefined)[]>;

/** What a permit and its outcome cost, and what a breaker weighs. */
export async function breaker({ quick, say }: Stage): Promise<Section> {
  const kinds = new Map<BreakerKind, Rounds>();
  const children = await Promise.all(breakerNames.map(start));
  try {
    for (const kind of breakerKinds) {
      const rounds = await compare(children, kind, quick);
      kinds.set(kind, rounds);
      for (const [name] of rounds) say(`${kind}, ${name}: ${round(typical(rounds, name))} ns`);
    }
  } finally {
    await Promise.all(children.map(child => child.end()));
  }
  const bytes = new Map<string, number>();
  for (const kind of breakerKinds) {
    for (const name of SUBJECTS) {
      if (name === 'opossum' && kind !== 'time') continue;
      bytes.set(`${kind} ${name}`, await weigh(name, kind));
      say(`${kind}, ${name}: ${round(bytes.get(`${kind} ${name}`) ?? Number.NaN)} bytes a key`);
    }
  }
  return {
    title: 'Circuit breaker',
    notes: [
      `One call after another through a breaker that stays closed, each tenth fails. \`bare\` is the call itself; a permit and its outcome cost the difference. Ours is the
breaker's actor with its host, as an operation asks it; writing it down is not in here. opossum knows time windows only. Settings: 5 in a row; half of 100 calls;
half of 10 s in 10 parts.`,
      `Memory: ${KEYS.toLocaleString('en-US')} keys in a process of their own, after a garbage collection; nothing has been called yet.`,
    ],
    tables: [times(kinds), weights(bytes)],
    targets: [],
  };
}

async function start(name: BreakerName): Promise<Child> {
  const child = new Child(name, new URL('../breaker-process.js', import.meta.url));
  await child.ask({ do: 'setup', name } satisfies BreakerOrder, LONGEST_MS);
  return child;
}

/** In turn, round after round, so that noise of the machine hits all alike. The first round lets V8 compile. */
async function compare(
  children: readonly Child[],
  kind: BreakerKind,
  quick: boolean,
): Promise<Rounds> {
  const [rounds, milliseconds] = quick ? [1, 200] : [5, 400];
  const taken = new Map<BreakerName, (number | undefined)[]>();
  for (let turn = 0; turn <= rounds; turn++) {
    for (let index = 0; index < children.length; index++) {
      const child = children[(index + turn) % children.length] as Child;
      const order: BreakerOrder = { do: 'round', kind, milliseconds };
      const nanoseconds = (await child.ask(order, LONGEST_MS)) as number | undefined;
      const name = child.name as BreakerName;
      if (turn === 0) taken.set(name, []);
      else taken.get(name)?.push(nanoseconds);
    }
  }
  return taken;
}

async function weigh(name: BreakerName, kind: BreakerKind): Promise<number> {
  const child = await start(name);
  try {
    const order: BreakerOrder = { do: 'hold', kind, keys: KEYS };
    return (await child.ask(order, LONGEST_MS)) as number;
  } finally {
    await child.end();
  }
}

/** The median over the rounds. */
const typical = (rounds: Rounds, name: BreakerName) =>
  median((rounds.get(name) ?? []).map(value => value ?? Number.NaN));

/** The median of what the breaker adds to the bare call of the same round. */
const added = (rounds: Rounds, name: BreakerName) =>
  median(
    (rounds.get(name) ?? []).map(
      (value, turn) => (value ?? Number.NaN) - (rounds.get('bare')?.[turn] ?? Number.NaN),
    ),
  );

function times(kinds: ReadonlyMap<BreakerKind, Rounds>): Table {
  return {
    head: [
      '',
      ...breakerKinds.flatMap(kind => [`${kind}, ns a call`, 'of the breaker', 'ours is']),
    ],
    rows: breakerNames.map(name => [
      name,
      ...breakerKinds.flatMap(kind => {
        const rounds: Rounds = kinds.get(kind) ?? new Map();
        const [own, other] = [added(rounds, OURS), added(rounds, name)];
        const peer = name !== OURS && name !== 'bare';
        return [
          round(typical(rounds, name)),
          name === 'bare' ? '' : round(other),
          peer && !Number.isNaN(other) ? `${round(own / other)} x the time` : '',
        ];
      }),
    ]),
  };
}

function weights(bytes: ReadonlyMap<string, number>): Table {
  const of = (kind: BreakerKind, name: BreakerName) => bytes.get(`${kind} ${name}`) ?? Number.NaN;
  return {
    head: [`${KEYS.toLocaleString('en-US')} keys`, ...breakerKinds.map(kind => `${kind}, MB`)],
    rows: SUBJECTS.map(name => [
      name,
      ...breakerKinds.map(kind => round((of(kind, name) * KEYS) / 1e6)),
    ]),
  };
}
