import { type ChildProcess, spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { createInterface } from 'node:readline';
import { programFile, SHORT_LIFE } from '../../../support/programs.ts';

/** A running `holder.ts`. */
export interface Holder {
  readonly pid: number;
  /** Its lines so far. */
  readonly lines: readonly string[];
  /** Its next line. */
  next(): Promise<string>;
  kill(): Promise<void>;
}

export function startHolder(...args: readonly string[]): Holder {
  const file = programFile(new URL('./holder.js', import.meta.url));
  const child: ChildProcess = spawn(process.execPath, [...SHORT_LIFE, file, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines: string[] = [];
  const changed = new EventEmitter();
  const reader = createInterface({ input: child.stdout as NodeJS.ReadableStream });
  reader.on('line', line => {
    lines.push(line);
    changed.emit('change');
  });
  reader.on('close', () => changed.emit('change'));
  const ended = once(child, 'close'); // when all that it printed has been read
  let read = 0;
  return {
    pid: child.pid as number,
    lines,
    async next() {
      while (lines.length <= read) await once(changed, 'change');
      read += 1;
      return lines[read - 1] as string;
    },
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
