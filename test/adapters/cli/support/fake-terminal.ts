import { Writable } from 'node:stream';

/** The sequences that a screen may use. */
const SEQUENCES: Readonly<Record<string, string>> = {
  '[?1049h': 'enter',
  '[?1049l': 'leave',
  '[?25l': 'hide',
  '[?25h': 'show',
  '[H': 'home',
  '[2J': 'clear',
  '[K': 'end of line',
  '[J': 'end of screen',
};

/** A terminal that understands what a screen may say, and keeps count of the rest. */
export class FakeTerminal extends Writable {
  readonly isTTY = true;
  columns: number;
  rows: number;
  written = '';
  /** Control characters and sequences that no screen of ours has. */
  readonly foreign: string[] = [];
  readonly modes = { alternate: false, cursor: true };
  pictures = 0;
  cleared = 0;
  writableNeedDrainNow = false;
  /** The picture as lines; what was drawn before stays where nothing was drawn over it. */
  #lines: string[] = [];
  #row = 0;
  #column = 0;

  constructor(columns: number, rows: number) {
    super();
    this.columns = columns;
    this.rows = rows;
    Object.defineProperty(this, 'writableNeedDrain', { get: () => this.writableNeedDrainNow });
  }

  resize(columns: number, rows: number): void {
    this.columns = columns;
    this.rows = rows;
    this.emit('resize');
  }

  /** What is on the screen. */
  lines(): string[] {
    return this.#lines.map(line => line.trimEnd());
  }

  text(): string {
    return this.lines().join('\n');
  }

  override _write(chunk: unknown, _encoding: unknown, done: () => void): void {
    const text = String(chunk);
    this.written += text;
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what steers a terminal
    for (const part of text.split(/(\u001b\[[?\d;]*[A-Za-z]|\r\n|\p{Cc})/u)) this.#take(part);
    done();
  }

  #take(part: string): void {
    if (part === '') return;
    if (part === '\r\n') {
      this.#row += 1;
      this.#column = 0;
      return;
    }
    if (part.startsWith('\u001b[')) {
      this.#steer(part.slice(1));
      return;
    }
    if (part === '\n' && !this.modes.alternate) return;
    if (/\p{Cc}|\u202e/u.test(part)) this.foreign.push(part);
    const line = (this.#lines[this.#row] ?? '').padEnd(this.#column);
    this.#lines[this.#row] =
      line.slice(0, this.#column) + part + line.slice(this.#column + part.length);
    this.#column += part.length;
  }

  #steer(sequence: string): void {
    const meaning = SEQUENCES[sequence];
    if (meaning === undefined) this.foreign.push(sequence);
    if (meaning === 'enter') this.modes.alternate = true;
    if (meaning === 'leave') this.modes.alternate = false;
    if (meaning === 'hide') this.modes.cursor = false;
    if (meaning === 'show') this.modes.cursor = true;
    if (meaning === 'home') {
      this.pictures += 1;
      [this.#row, this.#column] = [0, 0];
    }
    if (meaning === 'clear') {
      this.cleared += 1;
      this.#lines = [];
    }
    if (meaning === 'end of line') {
      this.#lines[this.#row] = (this.#lines[this.#row] ?? '').slice(0, this.#column);
    }
    if (meaning === 'end of screen')
      this.#lines.length = Math.min(this.#lines.length, this.#row + 1);
  }
}
