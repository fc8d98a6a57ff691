import { PlainDisplay } from './display/plain.ts';
import type { Display } from './display/status.ts';
import { TerminalDisplay } from './display/terminal.ts';
import { errorInWords } from './in-words.ts';

/** The part of a process's stream that the command line uses. */
export type Output = NodeJS.WritableStream & {
  readonly isTTY?: boolean;
  readonly columns?: number;
};

/** Where a command writes: results and progress to `out`, complaints to `err`. */
export interface Io {
  readonly out: Output;
  readonly err: Output;
  /** Show stack traces of errors. */
  readonly debug: boolean;
}

export function print(io: Io, text: string): void {
  io.out.write(`${text}\n`);
}

/** One line, and the stack where somebody wants to see it. */
export function complain(io: Io, error: unknown): void {
  io.err.write(`${errorInWords(error)}\n`);
  if (io.debug && error instanceof Error) io.err.write(`${error.stack ?? ''}\n`);
}

export function displayFor({ out }: Io): Display {
  return out.isTTY === true
    ? new TerminalDisplay(out)
    : new PlainDisplay(text => void out.write(text));
}
