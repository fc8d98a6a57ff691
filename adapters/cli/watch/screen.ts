import type { Clock, TimerHandle } from '../../../services/ports.ts';
import type { Size } from './draw.ts';

/** The part of a terminal that is used. */
export type ScreenTerminal = NodeJS.WritableStream & {
  readonly columns?: number;
  readonly rows?: number;
  readonly writableNeedDrain?: boolean;
};

/** Milliseconds between two pictures at least. */
const PACE = 250;
/** Milliseconds after which it is drawn again without news, for clock and countdowns. */
const IDLE = 1_000;

const ENTER = '\x1b[?1049h\x1b[?25l';
const LEAVE = '\x1b[?25h\x1b[?1049l';
const HOME = '\x1b[H';
const CLEAR = '\x1b[2J';
const TO_END_OF_LINE = '\x1b[K';
const TO_END_OF_SCREEN = '\x1b[J';

/** A terminal's second screen, drawn anew in place; what was on the first one comes back when it is left. */
export class Screen {
  readonly #terminal: ScreenTerminal;
  readonly #picture: (size: Size) => readonly string[];
  readonly #clock: Clock;
  #entered = false;
  /** When the last picture was drawn. */
  #drawnAt = Number.NEGATIVE_INFINITY;
  /** The terminal has another size than the last picture. */
  #resized = false;
  #timer: TimerHandle;
  #timerAt = Number.POSITIVE_INFINITY;
  readonly #onResize = () => {
    this.#resized = true;
    this.changed();
  };

  /** @param picture lines without control characters, none of them wider than the size, and no more of them than fit */
  constructor(terminal: ScreenTerminal, picture: (size: Size) => readonly string[], clock: Clock) {
    this.#terminal = terminal;
    this.#picture = picture;
    this.#clock = clock;
  }

  /** Idempotent. */
  enter(): void {
    if (this.#entered) return;
    this.#entered = true;
    this.#terminal.write(ENTER + CLEAR);
    this.#terminal.on('resize', this.#onResize);
    this.#draw();
  }

  /** There is something new to draw; it is drawn soon, together with what else comes until then. */
  changed(): void {
    if (!this.#entered) return;
    this.#drawAt(Math.max(this.#clock.now(), this.#drawnAt + PACE));
  }

  /** Gives the terminal back as it was. Idempotent. */
  leave(): void {
    if (!this.#entered) return;
    this.#entered = false;
    this.#clock.clearTimeout(this.#timer);
    this.#timerAt = Number.POSITIVE_INFINITY;
    this.#terminal.off('resize', this.#onResize);
    this.#terminal.write(LEAVE);
  }

  #drawAt(at: number): void {
    if (this.#timerAt <= at) return;
    this.#clock.clearTimeout(this.#timer);
    this.#timerAt = at;
    this.#timer = this.#clock.setTimeout(() => this.#draw(), Math.max(0, at - this.#clock.now()));
  }

  #draw(): void {
    this.#timerAt = Number.POSITIVE_INFINITY;
    this.#drawnAt = this.#clock.now();
    // A terminal that has not taken the last picture yet gets no further one.
    if (this.#terminal.writableNeedDrain !== true) {
      const { columns = 80, rows = 24 } = this.#terminal;
      const lines = this.#picture({ columns: columns || 80, rows: rows || 24 });
      const clear = this.#resized ? CLEAR : '';
      this.#resized = false;
      const text = lines.map(line => line + TO_END_OF_LINE).join('\r\n');
      this.#terminal.write(clear + HOME + text + TO_END_OF_SCREEN);
    }
    this.#drawAt(this.#drawnAt + IDLE);
  }
}

/** The part of a process that a screen hears signals from. */
export interface SignalSource {
  readonly pid: number;
  on(event: string, listener: () => void): unknown;
  off(event: string, listener: () => void): unknown;
  kill(pid: number, signal: string): unknown;
}

/** Gives the terminal back however the process ends, and while it is stopped with Ctrl-Z. Ends with the function that it returns. */
export function guardScreen(screen: Screen, source: SignalSource): () => void {
  const leave = () => screen.leave();
  const enter = () => screen.enter();
  const stop = () => {
    screen.leave();
    source.kill(source.pid, 'SIGSTOP');
  };
  source.on('exit', leave);
  source.on('SIGTSTP', stop);
  source.on('SIGCONT', enter);
  return () => {
    source.off('exit', leave);
    source.off('SIGTSTP', stop);
    source.off('SIGCONT', enter);
  };
}
