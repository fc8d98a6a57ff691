import { existsSync } from 'node:fs';
import { Child } from '../child.ts';
import type { PageOrder, PageServing } from '../live/page-server-process.ts';
import { launch, type Traced, trace, weighFirstView } from '../live/traced-page.ts';
import { round } from '../report.ts';
import type { Section, Stage } from '../section.ts';

const LONGEST_MS = 120_000;
const LOAD: PageOrder = { operations: 10_000, transitions: 2_000 };
/** Milliseconds after its opening in which a view may load. */
const SETTLES = 8_000;
const VIEWS = {
  overview: '/',
  operations: '/operations',
  'one operation': '/operations/operation-7',
  breakers: '/breakers',
} as const;

/** What the page's main thread does while much happens, and what a first view weighs. */
export async function page({ quick, say }: Stage): Promise<Section> {
  if (!existsSync(process.env.CHROMIUM_PATH ?? '/usr/bin/chromium')) {
    say('left out: there is no chromium; CHROMIUM_PATH names one');
    return {
      title: 'Page',
      notes: ['Not measured: there was no chromium.'],
      tables: [],
      targets: [],
    };
  }
  const server = new Child('server', new URL('../live/page-server-process.js', import.meta.url));
  const browser = await launch();
  try {
    const { url } = (await server.ask(LOAD, LONGEST_MS)) as PageServing;
    const rows: { name: string; traced: Traced }[] = [];
    for (const [name, path] of Object.entries(VIEWS)) {
      const view = await browser.newPage({ viewport: { width: 1280, height: 800 } });
      await view.goto(url + path);
      await view.getByRole('heading', { level: 1 }).waitFor();
      await view.waitForTimeout(SETTLES);
      const traced = await trace(view, quick ? 3_000 : 10_000);
      await view.close();
      rows.push({ name, traced });
      say(`${name}: longest task ${round(traced.longest)} ms`);
    }
    const weight = await weighFirstView(browser, url);
    return {
      title: 'Page',
      notes: [
        `The web page in a headless Chromium on the same two cores as its server, which has ${LOAD.operations.toLocaleString('en-US')} live operations and ${LOAD.transitions.toLocaleString('en-US')} transitions a second; ${SETTLES / 1_000} s after its opening each
view is traced for ten seconds. First view: everything that is loaded for the overview, gzipped; without its data.`,
      ],
      tables: [
        {
          head: ['view', 'tasks', 'longest ms', 'over 50 ms', 'busy'],
          rows: rows.map(({ name, traced }) => [
            name,
            String(traced.tasks),
            round(traced.longest),
            String(traced.over50),
            `${round(100 * traced.busy)} %`,
          ]),
        },
        { head: ['first view', 'KB'], rows: [['gzipped', round(weight)]] },
      ],
      targets: [
        ...rows.map(({ name, traced }) => ({
          what: `longest task, ${name}`,
          figure: traced.tasks === 0 ? Number.NaN : traced.longest,
          unit: 'ms' as const,
          atMost: 50,
        })),
        { what: 'first view, gzipped', figure: weight, unit: 'KB', atMost: 300 },
      ],
    };
  } finally {
    await browser.close();
    server.kill();
  }
}
