import { MultiBar, type SingleBar } from 'cli-progress';
import { RecoveryState } from '../../../services/ports.ts';
import { formatBytes, formatDuration, shorten } from '../format.ts';
import { cut, printable } from '../width.ts';
import { type Display, isFinal, type Status, transferWords } from './status.ts';

/** Lines that move at the same time; further operations wait for a free one. */
const LINES = 8;
const BAR_WIDTH = 24;
const LABEL_WIDTH = 28;
const FRAMES_A_SECOND = 8;

/** The part of a terminal that is used. */
export type Terminal = NodeJS.WritableStream & { readonly columns?: number };

interface Payload {
  readonly status: Status | null;
}

/** Bars whose clock keeps no process alive: where nothing goes on any more, somebody has to notice. */
class Bars extends MultiBar {
  override update(): void {
    super.update();
    const { timer } = this as unknown as { readonly timer: NodeJS.Timeout | null };
    timer?.unref();
  }
}

/** A line with a bar for each operation that is under way, redrawn in place. */
export class TerminalDisplay implements Display {
  readonly #terminal: Terminal;
  readonly #bars: MultiBar;
  readonly #lines = new Map<string, SingleBar>();
  readonly #free: SingleBar[] = [];
  #stopped = false;

  constructor(terminal: Terminal, now = Date.now) {
    this.#terminal = terminal;
    this.#bars = new Bars({
      stream: terminal,
      fps: FRAMES_A_SECOND,
      hideCursor: true,
      linewrap: false,
      clearOnComplete: true,
      gracefulExit: false,
      // A note moves the bars down by a line, and an unchanged bar would not follow.
      forceRedraw: true,
      format: (_options, _params, payload: Payload) =>
        payload.status === null
          ? ''
          : cut(barLine(payload.status, now()), (terminal.columns ?? 80) - 1),
    });
  }

  show(status: Status, changed: boolean): void {
    if (this.#stopped) return;
    const line = this.#lines.get(status.id) ?? this.#claim(status.id);
    if (isFinal(status.state)) {
      line?.update(0, { status: null } satisfies Payload);
      if (line !== undefined) this.#free.push(line);
      this.#lines.delete(status.id);
    } else {
      line?.update(0, { status } satisfies Payload);
    }
    if (changed && status.reason !== null && worthALine(status)) {
      this.note(`${status.label}: ${status.reason.message}`);
    }
  }

  note(line: string): void {
    // The library draws notes together with the bars, by a timer that runs only while there are any.
    const drawn = !this.#stopped && this.#lines.size + this.#free.length > 0;
    if (drawn) this.#bars.log(`${printable(line)}\n`);
    else this.#terminal.write(`${printable(line)}\n`);
  }

  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    for (const line of [...this.#lines.values(), ...this.#free]) {
      line.update(0, { status: null } satisfies Payload);
    }
    this.#bars.update();
    this.#bars.stop();
  }

  #claim(id: string): SingleBar | undefined {
    if (this.#free.length === 0 && this.#lines.size < LINES) this.#spare();
    const line = this.#free.pop();
    if (line !== undefined) this.#lines.set(id, line);
    return line;
  }

  #spare(): void {
    this.#free.push(this.#bars.create(1, 0, { status: null } satisfies Payload));
  }
}

function worthALine({ state, attempt }: Status): boolean {
  return state === RecoveryState.RECOVERING || (state === RecoveryState.FAILED && attempt > 1);
}

/** `big.iso  ████████░░░░  34%  34.2/100.0 MB  5.1 MB/s  13 s  attempt 2  in_progress`. */
export function barLine(status: Status, now: number): string {
  const { label, state, attempt, progress, reason } = status;
  const cells = [shorten(label, LABEL_WIDTH)];
  if (progress?.phase !== undefined) {
    if (progress.total !== null) cells.push(bar(progress.done / progress.total));
    cells.push(transferWords(progress));
  } else if (progress !== null) {
    const { done, total, bytesPerSecond } = progress;
    if (total !== null && total > 0) {
      cells.push(bar(done / total), `${Math.floor((done * 100) / total)}%`);
    }
    cells.push(
      total === null ? formatBytes(done) : `${formatBytes(done)} of ${formatBytes(total)}`,
    );
    if (state === RecoveryState.IN_PROGRESS && bytesPerSecond > 0) {
      cells.push(`${formatBytes(bytesPerSecond)}/s`);
      if (total !== null)
        cells.push(`ETA ${formatDuration(((total - done) * 1000) / bytesPerSecond)}`);
    }
  }
  if (attempt > 0) cells.push(`attempt ${attempt}`);
  const wait = reason?.dueAt === undefined ? 0 : reason.dueAt - now;
  const waits = state === RecoveryState.RECOVERING && wait > 0;
  cells.push(waits ? `${state} in ${countdown(wait)}` : state);
  return cells.join('  ');
}

/** Whole seconds, so that it does not flicker. */
export function countdown(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  return seconds < 60 ? `${seconds} s` : formatDuration(seconds * 1000);
}

export function bar(share: number, width = BAR_WIDTH): string {
  const full = Math.round(Math.min(1, Math.max(0, share)) * width);
  return '█'.repeat(full) + '░'.repeat(width - full);
}
