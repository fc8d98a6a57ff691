import { RecoveryState } from '../../../services/ports.ts';
import { transferProgress, transferWords } from '../display/status.ts';
import { bar, countdown } from '../display/terminal.ts';
import { formatClock } from '../format.ts';
import { columnsOf, cut, pad, printable } from '../width.ts';
import type { Board, Entry } from './board.ts';

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** What is shown of a board. */
export interface Drawing {
  /** Only operations in these states. @default all */
  readonly states?: readonly RecoveryState[];
  /** Epoch milliseconds. */
  readonly now: number;
  /** When the watch began. */
  readonly begunAt: number;
}

const ID_WIDTH = 36;
const NAME_WIDTH = 20;
const BAR_WIDTH = 12;
/** Characters that are more than any terminal shows. */
const LONGEST = 1_000;
const SHARE_OF_UNDER_WAY = 0.6;
const HEAD = ['ID', 'NAME', 'STATE', 'ATTEMPT', 'WHAT'];
const ORDER: Readonly<Record<string, number>> = {
  [RecoveryState.IN_PROGRESS]: 0,
  [RecoveryState.RECOVERING]: 1,
  [RecoveryState.PENDING]: 2,
};

/** The board as lines that fit a terminal of that size: what is under way first, then what has ended. */
export function drawBoard(board: Board, drawing: Drawing, { columns, rows }: Size): string[] {
  const { states } = drawing;
  const shown = (entry: Entry) => states?.includes(entry.state) ?? true;
  const underWay = [...board.underWay].filter(shown).sort(byUrgency);
  const ended = board.ended.filter(shown);
  const top = header(board, drawing);
  const room = Math.max(0, rows - top.length);
  const row = (entry: Entry) => cells(entry, drawing.now);
  const [first, second] = shares(room, underWay.length, ended.length);
  const body = aligned([
    ...(first === 0 ? [] : [['']]),
    ...section('UNDER WAY', underWay, first, row),
    ...(second === 0 ? [] : [['']]),
    ...section('ENDED', ended, second, row),
  ]);
  // The last column is left free: what is written there makes some terminals begin a new line.
  return [...top, ...body].slice(0, rows).map(line => cut(line, Math.max(1, columns - 1)));
}

function header(board: Board, { now, begunAt }: Drawing): string[] {
  const counts: Record<string, number> = { in_progress: 0, recovering: 0, pending: 0 };
  for (const { state } of board.underWay) counts[state] = (counts[state] ?? 0) + 1;
  const plus = board.more ? '+' : '';
  const underWay = Object.entries(counts).map(([state, n]) => `${n}${plus} ${state}`);
  const ends = Object.entries(board.ends).map(([state, n]) => `${n} ${state}`);
  const lines = [
    `${board.url}  ${board.status.replace('_', ' ')}  ${formatClock(now)}`,
    `${underWay.join('  ')}   since ${formatClock(begunAt)}: ${ends.join('  ')}`,
  ];
  const trouble = board.breakersInTrouble.map(([key, state]) => `${key} ${state}`);
  if (trouble.length > 0) lines.push(`breakers: ${trouble.join(', ')}`);
  if (board.notice !== '') lines.push(board.notice);
  return lines.map(printable);
}

/** How many lines each of the two parts gets, the blank one before it included. What one does not need is for the other. */
function shares(room: number, underWay: number, ended: number): [number, number] {
  const needs = (entries: number) => (entries === 0 ? 0 : entries + 2);
  const least = Math.floor(room * (1 - SHARE_OF_UNDER_WAY));
  const second = Math.min(needs(ended), Math.max(least, room - needs(underWay)));
  const first = Math.min(needs(underWay), room - second);
  // A head without a line below it says nothing.
  return [first < 3 ? 0 : first, second < 3 ? 0 : second];
}

/** A head and as many entries as there is room for; the last line says how many there is none for. */
function section(
  title: string,
  entries: readonly Entry[],
  lines: number,
  row: (entry: Entry) => string[],
): string[][] {
  if (lines === 0) return [];
  const room = lines - 2;
  const head = [title, ...HEAD.slice(1)];
  if (entries.length <= room) return [head, ...entries.map(row)];
  return [head, ...entries.slice(0, room - 1).map(row), [`and ${entries.length - room + 1} more`]];
}

/** Those that run, those that wait for their retry, those that have not begun; each by how long they have done so. */
function byUrgency(a: Entry, b: Entry): number {
  const order = (ORDER[a.state] ?? 3) - (ORDER[b.state] ?? 3);
  return order || a.since - b.since || (a.id < b.id ? -1 : 1);
}

function cells(entry: Entry, now: number): string[] {
  const { id, name, state, attempt } = entry;
  const what = printable(whatOf(entry, now).slice(0, LONGEST).replace(/\s+/g, ' '));
  return [
    cut(printable(id), ID_WIDTH),
    cut(printable(name), NAME_WIDTH),
    state,
    String(attempt),
    what,
  ];
}

function whatOf({ state, why, dueAt, progress, since }: Entry, now: number): string {
  if (state === RecoveryState.IN_PROGRESS) return progressInWords(progress);
  if (state === RecoveryState.RECOVERING && dueAt !== null && dueAt > now) {
    return [`in ${countdown(dueAt - now)}`, why].filter(part => part !== '').join(': ');
  }
  if (state in ORDER) return why;
  return [formatClock(since), why].filter(part => part !== '').join('  ');
}

/** Of a transfer with its bar; of any other value its JSON. */
function progressInWords(progress: unknown): string {
  if (progress === null || progress === undefined) return '';
  const transfer = transferProgress(progress);
  if (transfer === undefined) {
    return typeof progress === 'string' ? progress : JSON.stringify(progress);
  }
  const { done, total, phase } = transfer;
  if (phase !== undefined) return transferWords(transfer);
  if (!isTransfer(progress)) return total === null ? `${done}` : `${done} of ${total}`;
  const words = transferWords(transfer);
  return total === null || total === 0 ? words : `${bar(done / total, BAR_WIDTH)}  ${words}`;
}

/** Without a speed the numbers may be anything, such as steps. */
const isTransfer = (progress: unknown): boolean =>
  typeof progress === 'object' && progress !== null && 'bytesPerSecond' in progress;

/** Columns as wide as their widest cell; a row of one cell has no part in it. */
function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = HEAD.map((_, column) =>
    Math.max(0, ...rows.map(row => (row.length === 1 ? 0 : columnsOf(row[column] ?? '')))),
  );
  return rows.map(row =>
    row
      .map((cell, column) => (row.length === 1 ? cell : pad(cell, widths[column] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
}
