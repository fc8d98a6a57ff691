import {
  type CountedArrow,
  type LifeCounts,
  type MachineCoverage,
  percentageOf,
} from './coverage.ts';

/** Rounded down: what is not all is not 100 %. */
const percent = (share: number): string => `${Math.floor(share * 10) / 10} %`;

/** `in_progress.running -- xstate.done.actor.attempt [mayRetry] -> recovering.backoff` */
export function arrowInWords({ from, event, index, guard, to }: CountedArrow): string {
  const asked = guard === undefined ? '' : ` [${guard}]`;
  return `${from || '(any)'} -- ${event} #${index}${asked} -> ${to ?? '(stays)'}`;
}

/** A table of arrows taken and drawn, and every arrow that was not taken. */
export function coverageLines(report: readonly MachineCoverage[]): readonly string[] {
  const width = Math.max(8, ...report.map(({ machine }) => machine.length)) + 2;
  const row = (name: string, taken: string, drawn: string, share: string) =>
    `${name.padEnd(width)}${taken.padStart(6)}${drawn.padStart(7)}${share.padStart(9)}`;
  const rows = report.map(machine =>
    row(
      machine.machine,
      String(machine.taken),
      String(machine.drawn),
      percent(percentageOf([machine])),
    ),
  );
  const missed = report.flatMap(({ machine, arrows }) =>
    arrows
      .filter(({ count }) => count === 0)
      .map(arrow => `not taken: ${machine}: ${arrowInWords(arrow)}`),
  );
  return [row('arrows', 'taken', 'drawn', ''), ...rows, ...missed];
}

/** One line, where paths were lived. */
export function livesInWords({ paths, crashes, took }: LifeCounts): readonly string[] {
  if (paths + crashes === 0) return [];
  const seconds = (took / 1_000).toFixed(1);
  return [
    `${paths} paths and ${crashes} crash points were lived, in ${seconds} s of all processes`,
  ];
}

const escaped = (text: string): string =>
  text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');

const STYLE = `:root{color-scheme:light dark}body{font:15px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse;width:100%;margin:0 0 2rem}th,td{text-align:left;padding:.25rem .6rem;border-bottom:1px solid #8884}
td:last-child,th:last-child{text-align:right;font-variant-numeric:tabular-nums}code{font-size:.9em}
tr.missed{background:#d3302f22}tr.missed td:last-child::before{content:"not taken \\2014 "}`;

/** One static page, without scripts and without anything from elsewhere. */
export function coveragePage(report: readonly MachineCoverage[]): string {
  const parts = report.map(machine => {
    const rows = machine.arrows.map(
      ({ from, event, index, guard, to, count }) =>
        `<tr${count === 0 ? ' class="missed"' : ''}><td><code>${escaped(from || '(any)')}</code></td><td><code>${escaped(event)}</code></td>` +
        `<td>${index}${guard === undefined ? '' : ` <code>${escaped(guard)}</code>`}</td><td><code>${escaped(to ?? '(stays)')}</code></td><td>${count}</td></tr>`,
    );
    return `<h2>${escaped(machine.machine)}: ${machine.taken} of ${machine.drawn} arrows, ${percent(percentageOf([machine]))}</h2>
<table><thead><tr><th>from</th><th>event</th><th>candidate</th><th>to</th><th>taken</th></tr></thead>
<tbody>
${rows.join('\n')}
</tbody></table>`;
  });
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Arrows taken: ${percent(percentageOf(report))}</title><style>${STYLE}</style></head>
<body><h1>Arrows taken: ${percent(percentageOf(report))}</h1>
${parts.join('\n')}
</body></html>
`;
}

/** A badge of the share of arrows that was taken. */
export function coverageBadge(report: readonly MachineCoverage[]): string {
  const share = percentageOf(report);
  const told = `${Math.floor(share)}%`;
  const colour = share === 100 ? '#2e7d32' : share >= 90 ? '#8a6d00' : '#c62828';
  return `<svg xmlns="http://www.w3.org/2000/svg" width="104" height="20" role="img" aria-label="arrows: ${told}"><title>arrows: ${told}</title>
<rect width="54" height="20" rx="3" fill="#444"/><rect x="50" width="54" height="20" rx="3" fill="${colour}"/><rect x="50" width="6" height="20" fill="${colour}"/>
<g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11" text-anchor="middle"><text x="25" y="14">arrows</text><text x="78" y="14">${told}</text></g></svg>
`;
}
