import type { OperationView, Recovery } from '../../../services/ports.ts';
import { isFinal } from '../display/status.ts';
import { quoteArgument } from '../format.ts';
import { codeAndAdvice, messageOf } from '../in-words.ts';
import type { Company } from './company.ts';

/** What keeps an operation from going on, and what a person can do about it, in one line. */
export async function holdUpInWords(
  recovery: Recovery,
  company: Company,
  id: string,
): Promise<string> {
  const words = await new HoldUp(recovery, company).of(id);
  return words.length > 0
    ? words.join('; ')
    : 'nothing of it goes on any more; `resume` goes on with everything unfinished';
}

class HoldUp {
  readonly #recovery: Recovery;
  readonly #company: Company;
  readonly #seen = new Set<string>();

  constructor(recovery: Recovery, company: Company) {
    this.#recovery = recovery;
    this.#company = company;
  }

  async of(id: string): Promise<string[]> {
    if (this.#seen.has(id)) return [];
    this.#seen.add(id);
    const view = await this.#recovery.view(id);
    if (view === undefined || isFinal(view.state)) return [];
    const apart = this.#apart(view);
    if (apart !== undefined) return [apart];
    if (view.path === 'pending.locked') return this.#ofLocked(view);
    const words: string[] = [];
    for (const child of await this.#company.unfinishedChildren(id)) {
      words.push(...(await this.of(child.id)));
    }
    return words;
  }

  /** What is to be said of an operation by itself; undefined where it only waits for others. */
  #apart({ id, name, path, breakerKey }: OperationView): string | undefined {
    if (this.#recovery.definition(name) === undefined) {
      return `"${id}" is left to the program that defines "${name}"`;
    }
    const refusal = this.#company.refusal(id);
    if (refusal !== undefined) {
      return `"${id}" does not go on here: ${messageOf(refusal)}${codeAndAdvice(refusal)}`;
    }
    if (path.endsWith('.paused')) {
      return `"${id}" is paused; \`continue ${quoteArgument(id)}\` lets it go on`;
    }
    if (path !== 'recovering.blocked') return undefined;
    const state = this.#recovery.breaker(breakerKey)?.state ?? 'gone';
    return `"${id}" waits for the breaker "${breakerKey}", which is ${state}; \`breakers reset ${quoteArgument(breakerKey)}\` lets it go on`;
  }

  async #ofLocked({ id }: OperationView): Promise<string[]> {
    const reason = (await this.#recovery.history(id)).at(-1)?.reason;
    const words = [`"${id}" ${reason?.message ?? 'waits for its lock'}`];
    for (const { holder, waiting } of Object.values(this.#recovery.health().locks.keys)) {
      if (holder !== null && waiting > 0) words.push(...(await this.of(holder)));
    }
    return words;
  }
}
