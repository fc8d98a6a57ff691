import { gzipSync } from 'node:zlib';
import { type Browser, chromium, type Page } from 'playwright-core';

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
];
/** Of the main thread's tasks, with who ran them. */
const CATEGORIES = 'toplevel,disabled-by-default-devtools.timeline,__metadata';

export const launch = (): Promise<Browser> =>
  chromium.launch({
    executablePath: process.env.CHROMIUM_PATH ?? '/usr/bin/chromium',
    args: FLAGS,
  });

/** Milliseconds of the page's main thread. */
export interface Traced {
  readonly tasks: number;
  readonly longest: number;
  readonly over50: number;
  /** Share of the time that it was busy. */
  readonly busy: number;
}

interface TraceEvent {
  readonly name: string;
  readonly ph: string;
  readonly pid: number;
  readonly tid: number;
  /** Microseconds. */
  readonly dur?: number;
  readonly args?: { readonly name?: string };
}

/** What the main thread did for so many milliseconds. */
export async function trace(page: Page, milliseconds: number): Promise<Traced> {
  const session = await page.context().newCDPSession(page);
  const events: TraceEvent[] = [];
  session.on('Tracing.dataCollected', ({ value }) => {
    events.push(...(value as unknown as TraceEvent[]));
  });
  const complete = new Promise<void>(resolve =>
    session.once('Tracing.tracingComplete', () => resolve()),
  );
  await session.send('Tracing.start', {
    transferMode: 'ReportEvents',
    traceConfig: { includedCategories: CATEGORIES.split(',') },
  });
  await page.waitForTimeout(milliseconds);
  await session.send('Tracing.end');
  await complete;
  await session.detach();
  const mains = new Set(
    events
      .filter(({ name, args }) => name === 'thread_name' && args?.name === 'CrRendererMain')
      .map(({ pid, tid }) => `${pid} ${tid}`),
  );
  const durations = events
    .filter(
      ({ name, ph, pid, tid }) => name === 'RunTask' && ph === 'X' && mains.has(`${pid} ${tid}`),
    )
    .map(({ dur = 0 }) => dur / 1_000);
  const sum = durations.reduce((total, duration) => total + duration, 0);
  return {
    tasks: durations.length,
    longest: durations.reduce((most, duration) => Math.max(most, duration), 0),
    over50: durations.filter(duration => duration > 50).length,
    busy: sum / milliseconds,
  };
}

/** Kilobytes, gzipped, of what a first view loads; data is not counted. */
export async function weighFirstView(browser: Browser, url: string): Promise<number> {
  const page = await browser.newPage();
  const bodies: Promise<Buffer>[] = [];
  page.on('response', response => {
    const { pathname } = new URL(response.url());
    if (!pathname.startsWith('/api/') && response.ok()) bodies.push(response.body());
  });
  await page.goto(url, { waitUntil: 'load' });
  await page.getByRole('heading', { level: 1 }).waitFor();
  await page.waitForTimeout(2_000);
  const weights = (await Promise.all(bodies)).map(body => gzipSync(body).length);
  await page.close();
  return weights.reduce((sum, weight) => sum + weight, 0) / 1_000;
}
