import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Child } from '../child.ts';
import type { ClientsOrder, Heard, Operated, ServerOrder, Serving } from '../live/orders.ts';
import { round } from '../report.ts';
import type { Section, Stage } from '../section.ts';
import { median } from '../statistics.ts';

const LONGEST_MS = 120_000;
const CLIENTS = [1, 10, 100] as const;
/** Transitions of a round, so that each takes about a second. */
const TRANSITIONS = { 1: 40_000, 10: 20_000, 100: 4_000 } as const;
const MANY = 200;

/** What following costs: beside a bare broadcast, and the operations that are followed. */
export async function live({ folder, quick, say }: Stage): Promise<Section> {
  const streams = new Map<number, Streamed>();
  for (const clients of CLIENTS) {
    const streamed = await stream(clients, quick);
    streams.set(clients, streamed);
    say(`${clients} clients: ${round(streamed.ratio)}x of a bare broadcast`);
  }
  const followed = await follow(folder, quick, say);
  const stuck = followed.find(({ stuck }) => stuck > 0);
  return {
    title: 'Live',
    notes: [
      `Transitions a second to each client, every one of them delivered; \`bare\` is \`io.emit\` of the same frames without subscriptions, catching up or back pressure. Clients count frames in a
process of their own; the next transitions come when the slowest has most of the last.`,
      `Beneath: operations on disk, 100 at once, with nobody connected and with ${MANY} clients that follow everything, which no process can tell everybody at this rate: they are conflated and
dropped, come back when the server says so, and get a snapshot. The first eight seconds, in which all of them come at once, are told apart: until it shows that the process is busy everybody is told everything.`,
    ],
    tables: [
      {
        head: ['clients', 'ours/s', 'bare/s', 'ratio'],
        rows: CLIENTS.map(clients => {
          const { ours, bare, ratio } = streams.get(clients) as Streamed;
          return [String(clients), round(ours), round(bare), `${round(ratio)}x`];
        }),
      },
      {
        head: [
          'clients',
          'of them not reading',
          'operations/s',
          'of none',
          'while they come',
          'MB',
          'updates/s',
          'snapshots',
          'dropped',
        ],
        rows: followed.map(row => [
          String(row.clients),
          String(row.stuck),
          round(row.rate),
          `${round(row.ratio)}x`,
          `${round(row.atFirst)}x`,
          round(row.memory),
          round(row.updates),
          String(row.snapshots),
          String(row.dropped),
        ]),
      },
    ],
    targets: [
      ...CLIENTS.map(clients => ({
        what: `transitions to ${clients} clients, of a bare broadcast`,
        figure: streams.get(clients)?.ratio ?? Number.NaN,
        unit: 'x' as const,
        atLeast: 0.8,
      })),
      {
        what: `operations with ${MANY} clients, one not reading, of none`,
        figure: stuck?.ratio ?? Number.NaN,
        unit: 'x',
        atLeast: 0.9,
      },
    ],
  };
}

interface Streamed {
  readonly ours: number;
  readonly bare: number;
  /** The median over the rounds, each held against its neighbour. */
  readonly ratio: number;
}

class Pair {
  readonly server: Child;
  readonly clients: Child;

  constructor(name: string) {
    this.server = new Child(name, new URL('../live/server-process.js', import.meta.url));
    this.clients = new Child(
      `${name} clients`,
      new URL('../live/clients-process.js', import.meta.url),
    );
  }

  serve(order: ServerOrder): Promise<unknown> {
    return this.server.ask(order, LONGEST_MS);
  }

  client(order: ClientsOrder): Promise<unknown> {
    return this.clients.ask(order, LONGEST_MS);
  }

  async end(): Promise<void> {
    await this.clients.end();
    await this.server.end();
  }
}

async function stream(clients: (typeof CLIENTS)[number], quick: boolean): Promise<Streamed> {
  const kinds = ['ours', 'bare'] as const;
  const pairs = kinds.map(kind => new Pair(kind));
  const rates: Record<(typeof kinds)[number], number[]> = { ours: [], bare: [] };
  try {
    for (const [index, kind] of kinds.entries()) {
      const serving = (await pairs[index]?.serve({ do: 'stream', kind })) as Serving;
      await pairs[index]?.client({ do: 'connect', serving, clients, stuck: 0 });
    }
    const transitions = TRANSITIONS[clients];
    const rounds = quick ? 2 : 7;
    for (let at = -1; at < rounds; at++) {
      for (const [index, kind] of kinds.entries()) {
        const rate = (await pairs[index]?.serve({ do: 'publish', transitions })) as number;
        // The first is to warm up.
        if (at >= 0) rates[kind].push(rate);
      }
    }
  } finally {
    await Promise.all(pairs.map(pair => pair.end()));
  }
  const ratios = rates.ours.map((rate, index) => rate / (rates.bare[index] as number));
  return { ours: median(rates.ours), bare: median(rates.bare), ratio: median(ratios) };
}

interface Followed extends Operated, Heard {
  readonly clients: number;
  readonly stuck: number;
  readonly ratio: number;
  /** The same in the seconds in which the clients come. */
  readonly atFirst: number;
}

async function follow(
  folder: string,
  quick: boolean,
  say: (line: string) => void,
): Promise<readonly Followed[]> {
  const scenes = [
    { clients: 0, stuck: 0 },
    { clients: MANY, stuck: 0 },
    { clients: MANY, stuck: 1 },
  ];
  const milliseconds = quick ? 1_500 : 4_000;
  const rounds: Followed[][] = scenes.map(() => []);
  for (let at = 0; at < (quick ? 1 : 3); at++) {
    let none = Number.NaN;
    let noneAtFirst = Number.NaN;
    for (const [index, { clients, stuck }] of scenes.entries()) {
      const pair = new Pair(`${clients} clients`);
      try {
        const place = join(folder, `${at} ${index}`);
        await mkdir(place, { recursive: true });
        const serving = (await pair.serve({
          do: 'work',
          path: join(place, 'recovery.db'),
        })) as Serving;
        await pair.serve({ do: 'operate', milliseconds: 1_000 });
        if (clients > 0) await pair.client({ do: 'connect', serving, clients, stuck });
        const first = (await pair.serve({
          do: 'operate',
          milliseconds: 2 * milliseconds,
        })) as Operated;
        const before = (await pair.client({ do: 'tell' })) as Heard;
        const operated = (await pair.serve({ do: 'operate', milliseconds })) as Operated;
        const heard = (await pair.client({ do: 'tell' })) as Heard;
        if (clients === 0) {
          none = operated.rate;
          noneAtFirst = first.rate;
        }
        const updates = (heard.updates - before.updates) / (milliseconds / 1_000);
        const ratio = operated.rate / none;
        const atFirst = first.rate / noneAtFirst;
        rounds[index]?.push({ ...operated, ...heard, updates, clients, stuck, ratio, atFirst });
        say(`${clients} clients, ${stuck} stuck: ${round(operated.rate)}/s, ${round(ratio)}x`);
      } finally {
        await pair.end();
      }
    }
  }
  return rounds.map(all => {
    const [first] = all as [Followed, ...Followed[]];
    const typical = (of: (row: Followed) => number) => median(all.map(of));
    return {
      ...first,
      rate: typical(row => row.rate),
      ratio: typical(row => row.ratio),
      atFirst: typical(row => row.atFirst),
      memory: typical(row => row.memory),
      updates: typical(row => row.updates),
      snapshots: typical(row => row.snapshots),
      dropped: typical(row => row.dropped),
    };
  });
}
