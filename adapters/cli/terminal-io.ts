import { PlainDisplay } from './display/plain.ts';
import type { Display } from './display/status.ts';
import { TerminalDisplay } from './display/terminal.ts';
import { errorInWords } from './in-words.ts';
import { printable, printableLines } from './width.ts';

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

/** One line. Ids, names and errors are somebody else's words: they must not steer the terminal, nor begin lines of their own. */
export function print(io: Io, line: string): void {
  io.out.write(`${printable(line)}\n`);
}

/** A text whose lines are our own, such as a table or JSON. */
export function printText(io: Io, text: string): void {
  io.out.write(`${printableLines(text)}\n`);
}

/** One line that is no result. */
export function warn(io: Io, line: string): void {
  io.err.write(`${printable(line)}\n`);
}

/** One line, and the stack where somebody wants to see it. */
export function complain(io: Io, error: unknown): void {
  warn(io, errorInWords(error));
  if (error instanceof Error) trace(io, error);
}

/** The stack, where somebody wants to see it. */
export function trace(io: Io, error: Error): void {
  if (io.debug) io.err.write(`${printableLines(error.stack ?? '')}\n`);
}

export function displayFor({ out }: Io): Display {
  return out.isTTY === true
    ? new TerminalDisplay(out)
    : new PlainDisplay(text => void out.write(text));
}
