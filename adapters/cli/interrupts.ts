import { ExitCode } from './exit-code.ts';

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** Ctrl-C and SIGTERM while a command runs: the first stops it durably, the second ends the process at once. */
export class Interrupts {
  #count = 0;
  readonly #stop: () => void;
  readonly #leave: () => void;
  readonly #onSignal = () => {
    this.#count += 1;
    if (this.#count === 1) return this.#stop();
    this.#leave();
    process.exit(ExitCode.INTERRUPTED);
  };

  /**
   * @param stop called at the first signal
   * @param leave called at the second, just before the process ends
   */
  constructor(stop: () => void, leave: () => void = () => {}) {
    this.#stop = stop;
    this.#leave = leave;
    for (const signal of SIGNALS) process.on(signal, this.#onSignal);
  }

  get interrupted(): boolean {
    return this.#count > 0;
  }

  /** Signals have their ordinary effect again. */
  release(): void {
    for (const signal of SIGNALS) process.off(signal, this.#onSignal);
  }
}
