/**
 * Takes the pictures of the web page in docs/images, from a run that is the same each time. Needs Chromium.
 *
 *     npm run screenshots        CHROMIUM_PATH=/usr/bin/chromium
 */
import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium } from 'playwright-core';
import { createRecoveryServer } from 'xstate-recovery/server';
import { createWorld } from './world.ts';

interface Shot {
  readonly name: string;
  readonly path: string;
  /** Is there when the view has something to show. */
  readonly ready: string;
  readonly width: number;
  readonly height: number;
}

const WIDE = 1280;
const NARROW = 390;
const CHART = '.chart-picture';

const SHOTS: readonly Shot[] = [
  { name: 'overview', path: '/', ready: '.uplot', width: WIDE, height: 960 },
  {
    name: 'operations',
    path: '/operations?sort=-updatedAt',
    ready: '.grid-body .grid-row',
    width: WIDE,
    height: 800,
  },
  {
    name: 'operation-recovering',
    path: '/operations/install-relighter',
    ready: CHART,
    width: WIDE,
    height: 1490,
  },
  {
    name: 'operation-exhausted',
    path: '/operations/sync-invoices',
    ready: CHART,
    width: WIDE,
    height: 1490,
  },
  { name: 'breakers', path: '/breakers', ready: '.breakers-list', width: WIDE, height: 640 },
  {
    name: 'breaker-open',
    path: '/breakers#key=mirror.example.org',
    ready: CHART,
    width: WIDE,
    height: 1080,
  },
  {
    name: 'machine-operation',
    path: '/machines/operation',
    ready: CHART,
    width: WIDE,
    height: 1180,
  },
  { name: 'machine-breaker', path: '/machines/breaker', ready: CHART, width: WIDE, height: 1120 },
  { name: 'overview-narrow', path: '/', ready: '.uplot', width: NARROW, height: 844 },
  {
    name: 'operation-narrow',
    path: '/operations/install-relighter',
    ready: CHART,
    width: NARROW,
    height: 844,
  },
];

/** Beside the sources, seen from where this is compiled to. */
const FOLDER = fileURLToPath(new URL('../../../docs/images/', import.meta.url));

const { recovery, clock, live } = await createWorld();
// It tells of what happens while it serves.
const server = await createRecoveryServer(recovery, { port: 0 });
await live();
await mkdir(FOLDER, { recursive: true });
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM_PATH ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--hide-scrollbars'],
});
try {
  for (const theme of ['light', 'dark'] as const) {
    for (const shot of SHOTS) await take(browser, shot, theme);
  }
} finally {
  await browser.close();
  await server.close();
  await recovery.close();
}

async function take(browser: Browser, shot: Shot, theme: 'light' | 'dark'): Promise<void> {
  const { name, path, ready, width, height } = shot;
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: theme,
    reducedMotion: 'reduce',
  });
  const page = await context.newPage();
  await page.clock.setFixedTime(clock.now());
  await page.goto(server.url + path);
  await page.locator(ready).first().waitFor();
  await page.locator('.connection[data-phase="live"]').waitFor();
  await page.waitForLoadState('networkidle');
  await page.screenshot({ path: `${FOLDER}${name}-${theme}.png` });
  await context.close();
}
