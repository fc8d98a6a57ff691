import { PlainDisplay } from './display/plain.ts';
import type { Display } from './display/status.ts';
import { TerminalDisplay } from './display/terminal.ts';
import { errorInWords } from './in-words.ts';
import { printableLines } from './width.ts';

/** The part of a process's stream that the command line uses. */
export type Output = NodeJS.WritableStream & {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
};

/** Where a command writes: results and progress to `out`, complaints to `err`. */
export interface Io {
  readonly out: Output;
  readonly err: Output;
  /** Show stack traces of errors. */
  readonly debug: boolean;
}

/** Ids, names and errors are somebody else's words, and must not steer the terminal. */
export function print(io: Io, text: string): void {
  io.out.write(`${printableLines(text)}\n`);
}

/** The same for what is not a result. */
export function warn(io: Io, text: string): void {
  io.err.write(`${printableLines(text)}\n`);
}

/** One line, and the stack where somebody wants to see it. */
export function complain(io: Io, error: unknown): void {
  warn(io, errorInWords(error));
  if (io.debug && error instanceof Error) warn(io, error.stack ?? '');
}

export function displayFor({ out }: Io): Display {
  return out.isTTY === true
    ? new TerminalDisplay(out)
    : new PlainDisplay(text => void out.write(text));
}
