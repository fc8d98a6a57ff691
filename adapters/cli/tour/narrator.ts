import type { Transition } from '../../../services/ports.ts';
import { formatDuration } from '../format.ts';

/** Tells the tour, and keeps count of what was claimed and was not so. */
export class Narrator {
  readonly #write: (line: string) => void;
  readonly #now: () => number;
  #scenes = 0;
  #claims = 0;
  readonly #broken: string[] = [];
  #since = 0;

  constructor(write: (line: string) => void, now = Date.now) {
    this.#write = write;
    this.#now = now;
  }

  get claims(): number {
    return this.#claims;
  }

  /** The claims that did not hold. */
  get broken(): readonly string[] {
    return this.#broken;
  }

  scene(title: string): void {
    this.#scenes += 1;
    this.#since = this.#now();
    this.#write('');
    this.#write(`${this.#scenes}. ${title}`);
  }

  say(line: string): void {
    this.#write(`   ${line}`);
  }

  transition(transition: Transition): void {
    const at = `+${formatDuration(this.#now() - this.#since)}`.padStart(9);
    const { to, reason } = transition;
    const who =
      transition.kind === 'breaker'
        ? `breaker ${transition.key}`
        : `${transition.operationId} attempt ${transition.attempt}`;
    this.#write(`   ${at}  ${who}  ${to}${reason === null ? '' : `: ${reason.message}`}`);
  }

  /** Says something that must be so, and whether it is. */
  claim(what: string, holds: boolean): void {
    this.#claims += 1;
    if (!holds) this.#broken.push(what);
    this.#write(`   ${holds ? '✔' : '✘ NOT SO:'} ${what}`);
  }
}
