import { errorToJson } from '../error-json.ts';
import type { Logger, ShadowDifference, ShadowDifferenceKind, ShadowReport } from '../ports.ts';

/** Differences that are kept. */
const RECENT = 100;
/** Lines that are logged in one span of time; more are only counted. */
const LINES = 10;
const SPAN_MS = 60_000;

/** What a shadow policy has come to so far, bounded whatever happens. */
export class ShadowLedger {
  decisions = 0;
  spared = 0;
  lost = 0;
  unwatched = 0;
  readonly #name: string;
  readonly #logger: Logger;
  readonly #kinds: Record<ShadowDifferenceKind, number> = {
    decision: 0,
    delay: 0,
    classification: 0,
    counts: 0,
    slow: 0,
    timeout: 0,
    breaker: 0,
  };
  readonly #recent: ShadowDifference[] = [];
  #differences = 0;
  #problems = 0;
  #spanBegan = Number.NEGATIVE_INFINITY;
  #lines = 0;
  #suppressed = 0;

  constructor(name: string, logger: Logger) {
    this.#name = name;
    this.#logger = logger;
  }

  differ(difference: ShadowDifference): void {
    this.#differences++;
    for (const kind of difference.kinds) this.#kinds[kind]++;
    this.#recent.push(difference);
    if (this.#recent.length > RECENT) this.#recent.shift();
    this.#tell(difference);
  }

  #tell({ kinds, operationId, attempt, breakerKey, at, actual, shadow }: ShadowDifference): void {
    // Also where the clock was set back.
    if (Math.abs(at - this.#spanBegan) >= SPAN_MS) {
      this.#spanBegan = at;
      this.#lines = 0;
    }
    if (this.#lines++ >= LINES) {
      this.#suppressed++;
      return;
    }
    const suppressed = this.#suppressed === 0 ? {} : { suppressed: this.#suppressed };
    this.#suppressed = 0;
    this.#logger.info(
      {
        function_name: this.#name,
        operation_id: operationId,
        attempt,
        breaker_key: breakerKey,
        kinds,
        actual: actual.message,
        shadow: shadow.message,
        ...suppressed,
      },
      'the shadow policy would have decided otherwise',
    );
  }

  /** The shadow broke down. Told once, since it may do so each time. */
  problem(thrown: unknown): void {
    if (this.#problems++ > 0) return;
    this.#logger.warn(
      { function_name: this.#name, err: errorToJson(thrown) },
      'a shadow policy is broken',
    );
  }

  report(breakers: number): ShadowReport {
    const { decisions, spared, lost, unwatched } = this;
    return {
      name: this.#name,
      decisions,
      differences: this.#differences,
      kinds: { ...this.#kinds },
      spared,
      lost,
      breakers,
      unwatched,
      problems: this.#problems,
      recent: [...this.#recent],
    };
  }
}
