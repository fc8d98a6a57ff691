import ElkApi from 'elkjs/lib/elk-api.js';
import workerUrl from 'elkjs/lib/elk-worker.min.js?url';

/**
 * The layout engine in a worker of its own, in place of the bundle that works on the main thread: a chart takes it some hundred milliseconds.
 * See `resolve.alias` in vite.config.ts.
 */
export default class ElkInWorker extends ElkApi {
  constructor() {
    super({ workerUrl, workerFactory: (url = workerUrl) => new Worker(url) });
  }
}
