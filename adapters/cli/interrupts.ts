import { ExitCode } from './exit-code.ts';

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** Ctrl-C and SIGTERM while a command runs: the first stops it durably, the second ends the process at once. */
export class Interrupts {
  #count = 0;
  readonly #stop: () => void;
  readonly #onSignal = () => {
    this.#count += 1;
    if (this.#count > 1) process.exit(ExitCode.INTERRUPTED);
    this.#stop();
  };

  /** @param stop called at the first signal */
  constructor(stop: () => void) {
    this.#stop = stop;
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
