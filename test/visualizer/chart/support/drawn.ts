import { fileURLToPath } from 'node:url';
import { createElement, type FunctionComponent } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { createServer } from 'vite';
import type { ArrowCount } from '../../../../visualizer/chart/counts.ts';
import type { ChartModel } from '../../../../visualizer/chart/model.ts';
import type { ChartLayout } from '../../../../visualizer/chart/placement.ts';

/** As in visualizer/chart/chart.tsx, which only a compiler that knows JSX can read. */
export interface ChartProps {
  readonly model: ChartModel;
  readonly layout: ChartLayout;
  readonly active: readonly string[];
  readonly taken: ReadonlySet<string>;
  readonly latest: readonly string[];
  readonly counts?: ReadonlyMap<string, ArrowCount>;
  readonly threshold?: number;
  readonly label: string;
}

/** The component, as Vite compiles it, made into markup. */
export async function chartDrawer(): Promise<(props: ChartProps) => string> {
  const server = await createServer({
    root: fileURLToPath(new URL('../../../../../', import.meta.url)),
    configFile: false,
    logLevel: 'error',
    appType: 'custom',
    server: { middlewareMode: true, hmr: false, ws: false, watch: null },
    optimizeDeps: { noDiscovery: true, include: [] },
    oxc: { jsx: { runtime: 'automatic' } },
  });
  try {
    const { Chart } = await server.ssrLoadModule('/visualizer/chart/chart.tsx');
    return props =>
      renderToStaticMarkup(createElement(Chart as FunctionComponent<ChartProps>, props));
  } finally {
    await server.close();
  }
}

/** The attributes of every element that has one of them, by its value. */
export function elementsBy(markup: string, attribute: string): ReadonlyMap<string, Attributes> {
  const found = new Map<string, Attributes>();
  for (const [tag] of markup.matchAll(/<[a-z][^>]*>/g)) {
    const pairs = [...tag.matchAll(/([\w-]+)="([^"]*)"/g)].map(([, name, value]) => [name, value]);
    const attributes: Attributes = Object.fromEntries(pairs);
    const value = attributes[attribute];
    if (value !== undefined) found.set(value.replaceAll('&gt;', '>'), attributes);
  }
  return found;
}

export type Attributes = Readonly<Record<string, string>>;
