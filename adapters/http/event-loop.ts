import { monitorEventLoopDelay } from 'node:perf_hooks';

const ROUND_MS = 5_000;
const RESOLUTION_MS = 20;

/** How long the event loop kept things waiting in the last while. */
export class EventLoopWatch {
  readonly #histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  readonly #timer: NodeJS.Timeout;
  #before = 0;

  constructor() {
    this.#histogram.enable();
    this.#timer = setInterval(() => {
      this.#before = this.#delay();
      this.#histogram.reset();
    }, ROUND_MS);
    this.#timer.unref();
  }

  /** Milliseconds: the 99th percentile of the last five seconds, or of those before where that was more. */
  delay(): number {
    return Math.max(this.#before, this.#delay());
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#histogram.disable();
  }

  #delay(): number {
    if (this.#histogram.count === 0) return 0;
    // The histogram measures the gap between its own ticks.
    return Math.max(0, this.#histogram.percentile(99) / 1e6 - RESOLUTION_MS);
  }
}
