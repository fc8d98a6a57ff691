import type { ElkNode } from 'elkjs/lib/elk-api.js';
import { ChartError } from './chart-error.ts';

/** What is used of elkjs. */
export interface Elk {
  layout(graph: ElkNode): Promise<ElkNode>;
}

let loading: Promise<Elk> | undefined;

/**
 * Loads elkjs when a picture is wanted: it is 1.6 MB. Its bundle neither evaluates text nor starts a worker, so that it runs
 * under `script-src 'self'`. The page's build puts a worker in its place (vite.config.ts): a chart takes it some hundred milliseconds.
 */
export function loadElk(): Promise<Elk> {
  loading ??= load().catch((error: unknown) => {
    loading = undefined;
    throw error;
  });
  return loading;
}

async function load(): Promise<Elk> {
  const loaded: unknown = await import('elkjs/lib/elk.bundled.js');
  const Constructor = constructorIn(loaded);
  if (Constructor === undefined) throw new ChartError('elkjs', 'has no constructor');
  return new Constructor();
}

/** Node and bundlers wrap a CommonJS module differently. */
function constructorIn(loaded: unknown): (new () => Elk) | undefined {
  if (typeof loaded === 'function') return loaded as new () => Elk;
  if (typeof loaded !== 'object' || loaded === null || !('default' in loaded)) return undefined;
  return constructorIn(loaded.default);
}
