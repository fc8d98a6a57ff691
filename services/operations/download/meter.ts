/** A progress value of the download operation. */
export interface DownloadProgress {
  /** Bytes of the file that are there, those of earlier attempts included. */
  readonly done: number;
  /** Bytes of the whole file; `null` while the server has not said. */
  readonly total: number | null;
  /** Over the last seconds; 0 at the beginning of an attempt. */
  readonly bytesPerSecond: number;
  /** Milliseconds that the rest will take at that speed; absent where nobody can tell. */
  readonly eta?: number;
}

/** Milliseconds between two values, so at most ten a second. */
const INTERVAL = 100;
/** Milliseconds over which speed is measured. */
const WINDOW = 3_000;

/** Measures speed, and reports at a bounded rate. */
export class Meter {
  readonly #report: (progress: DownloadProgress) => void;
  readonly #now: () => number;
  #samples: { readonly at: number; readonly done: number }[] = [];
  #reportedAt = Number.NEGATIVE_INFINITY;

  constructor(report: (progress: DownloadProgress) => void, now = () => performance.now()) {
    this.#report = report;
    this.#now = now;
  }

  /** A transfer begins, or begins again, with this many bytes there. */
  begin(done: number, total: number | null): void {
    this.#samples = [{ at: this.#now(), done }];
    this.#send(done, total);
  }

  advance(done: number, total: number | null): void {
    if (this.#now() - this.#reportedAt >= INTERVAL) this.#send(done, total);
  }

  /** Reports at once, whatever the rate. */
  end(done: number, total: number | null): void {
    this.#send(done, total);
  }

  #send(done: number, total: number | null): void {
    const at = this.#now();
    const recent = this.#samples.findIndex(sample => at - sample.at <= WINDOW);
    // One sample from before the window stays, so that a slow transfer still has something to measure from.
    if (recent > 1) this.#samples.splice(0, recent - 1);
    const first = this.#samples[0];
    const elapsed = first === undefined ? 0 : at - first.at;
    const bytesPerSecond =
      first === undefined || elapsed <= 0 ? 0 : Math.round(((done - first.done) * 1000) / elapsed);
    this.#samples.push({ at, done });
    this.#reportedAt = at;
    const known = total !== null && bytesPerSecond > 0;
    const eta = known ? { eta: Math.round(((total - done) * 1000) / bytesPerSecond) } : {};
    this.#report({ done, total, bytesPerSecond, ...eta });
  }
}
