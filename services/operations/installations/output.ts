import { StringDecoder } from 'node:string_decoder';

/** Characters that are kept of what a program says. */
export const MAX_OUTPUT = 65_536;
/** Of a line that is shown while it runs. */
const MAX_LINE = 200;
/** Characters in which the latest line is looked for. */
const RECENT = 4_000;
/** Lines of an error that are stored with it; the store keeps 20 members of a list. */
const STORED_LINES = 20;

/** The end of what a program says, and its latest line. */
export class Output {
  readonly #decoders = { out: new StringDecoder('utf8'), err: new StringDecoder('utf8') };
  readonly #secrets: readonly string[];
  readonly #told: (line: string) => void;
  #text = '';
  #cut = false;

  /**
   * @param secrets what must not be seen in it
   * @param told hears of each latest line
   */
  constructor(secrets: readonly string[], told: (line: string) => void) {
    this.#secrets = secrets.filter(secret => secret !== '');
    this.#told = told;
  }

  add(from: 'out' | 'err', chunk: Buffer): void {
    this.#text += this.#decoders[from].write(chunk);
    // Twice as much may be there for a while, so that not every chunk copies it all; and a secret at the seam is still whole.
    if (this.#text.length > 2 * MAX_OUTPUT) {
      this.#text = this.#text.slice(-MAX_OUTPUT);
      this.#cut = true;
    }
    const line = this.#latest();
    if (line !== '') this.#told(line);
  }

  /** At most 64 KiB, and no line that was cut in the middle. */
  get text(): string {
    const whole = this.#clean(this.#text);
    if (!this.#cut && whole.length <= MAX_OUTPUT) return whole;
    return afterSeam(whole.slice(-MAX_OUTPUT));
  }

  /** The last lines that say something; of a line that was overwritten, such as a percentage, the last version. */
  get lines(): readonly string[] {
    return linesOf(this.text)
      .slice(-STORED_LINES)
      .map(line => line.slice(0, MAX_LINE));
  }

  #latest(): string {
    const recent = this.#clean(
      this.#text.length > RECENT ? afterSeam(this.#text.slice(-RECENT)) : this.#text,
    );
    return (linesOf(recent).at(-1) ?? '').slice(0, MAX_LINE);
  }

  #clean(text: string): string {
    return this.#secrets.reduce((clean, secret) => clean.replaceAll(secret, '[secret]'), text);
  }
}

/** Without the line that was cut in the middle: half of a secret is none that could be found. */
function afterSeam(text: string): string {
  const seam = text.search(/[\r\n]/);
  return seam < 0 ? '' : text.slice(seam + 1);
}

function linesOf(text: string): string[] {
  return text
    .split('\n')
    .map(line => line.trimEnd().split('\r').at(-1)?.trim() ?? '')
    .filter(line => line !== '');
}
