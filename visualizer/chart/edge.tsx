import { FONTS, LINE_HEIGHT } from './fonts.ts';
import { roundedPath } from './geometry.ts';
import { BADGE_WIDTH, LABEL_PADDING, type LabelEntry } from './label.ts';
import { countOf, countRange, countWords, edgeMarks, isRare, type Marks } from './marks.ts';
import type { ChartModel } from './model.ts';
import type { PlacedEdge, PlacedLabel } from './placement.ts';

const CORNER = 6;
/** From the top of a row to where its letters stand. */
const BASELINE = 10.5;

/** Ids of the heads that lines may have. */
export interface Tips {
  readonly usual: string;
  readonly taken: string;
}

export function TipShapes({ usual, taken }: Tips) {
  return (
    <defs>
      <Tip id={usual} taken={false} />
      <Tip id={taken} taken />
    </defs>
  );
}

const Tip = ({ id, taken }: { readonly id: string; readonly taken: boolean }) => (
  <marker
    id={id}
    viewBox="0 0 8 8"
    refX="7.5"
    refY="4"
    markerWidth="7"
    markerHeight="7"
    markerUnits="userSpaceOnUse"
    orient="auto"
  >
    <path className="chart-tip" data-taken={taken} d="M0.5,0.8 L7.5,4 L0.5,7.2 Z" />
  </marker>
);

interface EdgeProps {
  readonly edge: PlacedEdge;
  readonly marks: Marks;
}

export function Edge({ edge, marks, tips }: EdgeProps & { readonly tips: Tips }) {
  const { taken, rare, turn } = edgeMarks(marks, edge);
  const path = roundedPath(edge.points, CORNER);
  return (
    <g
      className="chart-edge"
      data-edge={edge.id}
      data-taken={taken}
      data-latest={turn >= 0}
      data-rare={rare}
    >
      <path
        className="chart-line"
        d={path}
        markerEnd={`url(#${taken || turn >= 0 ? tips.taken : tips.usual})`}
      />
      {turn >= 0 && (
        // A new key for each taking: the dot runs again.
        <path
          key={marks.latest.join(' ')}
          className="chart-travel"
          d={path}
          pathLength={100}
          style={{ animationDelay: `${turn * 0.5}s` }}
        />
      )}
    </g>
  );
}

interface LabelProps extends EdgeProps {
  readonly model: ChartModel;
}

/** What stands beside an edge. */
export function EdgeLabel({ model, edge, marks }: LabelProps) {
  const { label } = edge;
  return label.entries.map(entry => (
    <ArrowLabel key={entry.arrow} model={model} label={label} entry={entry} marks={marks} />
  ));
}

interface ArrowLabelProps {
  readonly model: ChartModel;
  readonly label: PlacedLabel;
  readonly entry: LabelEntry;
  readonly marks: Marks;
}

function ArrowLabel({ model, label, entry, marks }: ArrowLabelProps) {
  const { arrow, row, lines, width, badge } = entry;
  const x = label.x + LABEL_PADDING;
  const top = (at: number): number => label.y + LABEL_PADDING / 2 + at * LINE_HEIGHT;
  const isLatest = marks.latest.includes(arrow);
  const count = countOf(marks, arrow);
  const words = count === undefined ? '' : countWords(count);
  return (
    <g
      className="chart-arrow"
      data-arrow={arrow}
      data-taken={marks.taken.has(arrow)}
      data-latest={isLatest}
      data-rare={isRare(marks, arrow)}
      data-count={count === undefined ? undefined : countRange(count)}
    >
      <title>{model.arrows.get(arrow)?.label}</title>
      {isLatest && (
        <rect
          className="chart-latest"
          x={label.x}
          y={top(row)}
          width={width + 2 * LABEL_PADDING}
          height={lines.length * LINE_HEIGHT}
          rx={4}
        />
      )}
      {lines.map((line, index) => (
        <text
          key={line}
          className="chart-label"
          x={x}
          y={top(row + index) + BASELINE}
          style={{ font: FONTS.label }}
        >
          {line}
        </text>
      ))}
      {badge !== null && words !== '' && (
        <Badge words={words} x={x + badge.left} y={top(badge.row)} />
      )}
    </g>
  );
}

interface BadgeProps {
  readonly words: string;
  readonly x: number;
  readonly y: number;
}

const Badge = ({ words, x, y }: BadgeProps) => (
  <>
    <rect className="chart-badge" x={x} y={y + 0.5} width={BADGE_WIDTH} height={13} rx={6.5} />
    <text
      className="chart-count"
      x={x + BADGE_WIDTH / 2}
      y={y + BASELINE}
      textAnchor="middle"
      style={{ font: FONTS.badge }}
    >
      {words}
    </text>
  </>
);
