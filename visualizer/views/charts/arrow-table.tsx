import type { ArrowCount, ArrowCounts, ChartModel } from '../../chart/index.ts';
import { grouped } from '../../data/numbers.ts';
import { Card } from '../../design/layout.tsx';

export interface ArrowTableProps {
  readonly model: ChartModel;
  readonly counts: ArrowCounts;
}

/** The chart as a table: every arrow, for those who do not see the picture, and for those who look one up. */
export function ArrowTable({ model, counts }: ArrowTableProps) {
  const never = new Set(counts.never);
  return (
    <Card title="Arrows">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, also by keyboard */}
      <section className="table-scroll" tabIndex={0} aria-label="Table of the arrows">
        <table className="table">
          <thead>
            <tr>
              <th scope="col">From</th>
              <th scope="col">Event and guard</th>
              <th scope="col">To</th>
              <th scope="col" className="table-number">
                Taken
              </th>
            </tr>
          </thead>
          <tbody>
            {[...model.arrows.values()].map(arrow => (
              <tr key={arrow.id} data-never={never.has(arrow.id)}>
                <td>{arrow.source === '' ? 'any state' : arrow.source}</td>
                <td>
                  <span className="mono small">{arrow.event}</span>
                  {arrow.guard !== null && <span className="small muted"> if {arrow.guard}</span>}
                </td>
                <td>
                  {arrow.targets.length === 0 ? (
                    <span className="muted">stays</span>
                  ) : (
                    arrow.targets.join(', ')
                  )}
                </td>
                <td className="table-number numbers">{inWords(counts.counts.get(arrow.id))}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </Card>
  );
}

/** Records do not tell every arrow apart, so some counts have bounds. */
function inWords(count: ArrowCount | undefined): string {
  if (count === undefined || count.most === 0) return 'never';
  if (count.most === Number.POSITIVE_INFINITY) {
    return count.least === 0 ? 'not recorded' : `${grouped(count.least)} or more`;
  }
  return count.least === count.most
    ? grouped(count.least)
    : `${grouped(count.least)} to ${grouped(count.most)}`;
}
