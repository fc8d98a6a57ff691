import { holds, type Section, type Table, type Target } from './section.ts';

/** A section as Markdown, which reads well on a terminal too. */
export function render({ title, notes, tables, targets }: Section): string {
  return [
    `## ${title}`,
    ...notes,
    ...tables.map(table),
    ...(targets.length === 0 ? [] : [table(targetTable(targets))]),
  ].join('\n\n');
}

function targetTable(targets: readonly Target[]): Table {
  return {
    head: ['target', 'wanted', 'measured', ''],
    rows: targets.map(target => [
      target.what,
      target.atLeast === undefined
        ? `<= ${target.atMost} ${target.unit}`
        : `>= ${target.atLeast} ${target.unit}`,
      `${round(target.figure)} ${target.unit}`,
      holds(target) ? 'reached' : '**missed**',
    ]),
  };
}

function table({ head, rows }: Table): string {
  const widths = head.map((cell, column) =>
    Math.max(3, cell.length, ...rows.map(row => row[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => pad(cell, widths[column] ?? 0, column)).join(' | ')} |`;
  const rule = widths.map((width, column) =>
    column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`,
  );
  return [line(head), line(rule), ...rows.map(line)].join('\n');
}

const pad = (cell: string, width: number, column: number) =>
  column === 0 ? cell.padEnd(width) : cell.padStart(width);

/** Three significant digits, and whole numbers from 100 up. */
export function round(value: number): string {
  if (!Number.isFinite(value)) return '-';
  return Math.abs(value) >= 100
    ? Math.round(value).toLocaleString('en-US')
    : String(Number(value.toPrecision(3)));
}
