import { FONTS } from './fonts.ts';
import type { Rectangle } from './geometry.ts';
import type { Marks } from './marks.ts';
import type { ChartArrow, ChartModel } from './model.ts';
import type { PlacedBox } from './placement.ts';
import { toneOf } from './tone.ts';

const CORNER = 8;
const DOT_RADIUS = 4.5;

interface BoxProps {
  readonly model: ChartModel;
  readonly box: PlacedBox;
  readonly marks: Marks;
}

interface DotProps {
  readonly box: PlacedBox;
  readonly dot: Rectangle;
  readonly tip: string;
}

/** A state, or a frame around states, whose title is painted later. */
export function Box({ model, box, marks, tip }: BoxProps & { readonly tip: string }) {
  const { id, kind, x, y, width, height } = box;
  const isState = kind !== 'any' && kind !== 'group';
  const active = marks.active.has(id);
  return (
    <g
      className="chart-box"
      data-kind={kind}
      data-tone={toneOf(id)}
      data-state={isState ? id : undefined}
      data-active={isState ? active : undefined}
    >
      {isState && <title>{inWords(model, id)}</title>}
      {box.dot !== null && <Dot box={box} dot={box.dot} tip={tip} />}
      <rect
        className="chart-shape"
        x={x}
        y={y}
        width={width}
        height={height}
        rx={kind === 'any' ? height / 2 : CORNER}
      />
      {kind === 'final' && (
        <rect
          className="chart-inner"
          x={x + 3.5}
          y={y + 3.5}
          width={width - 7}
          height={height - 7}
          rx={CORNER - 3}
        />
      )}
      {!isFrame(box) && <Name box={box} active={active} />}
      {isState && <Within model={model} box={box} marks={marks} />}
    </g>
  );
}

export const isFrame = ({ kind }: PlacedBox): boolean => kind === 'compound' || kind === 'group';

/** Where what is around a state begins: above the state, or to its left. */
function Dot({ box, dot, tip }: DotProps) {
  const isAbove = dot.height > dot.width;
  const cx = dot.x + (isAbove ? dot.width / 2 : DOT_RADIUS);
  const cy = dot.y + (isAbove ? DOT_RADIUS : dot.height / 2);
  const way = isAbove ? `M${cx},${cy}V${box.y}` : `M${cx},${cy}H${box.x}`;
  return (
    <>
      <path className="chart-dot-line" d={way} markerEnd={`url(#${tip})`} />
      <circle className="chart-dot" cx={cx} cy={cy} r={DOT_RADIUS} />
    </>
  );
}

interface TextProps {
  readonly box: PlacedBox;
  readonly active: boolean;
}

/** A frame's title. */
export function Title({ box, active }: TextProps) {
  const { id, kind, label, note, title } = box;
  const x = title.x + (active ? 12 : 0);
  return (
    <g className="chart-box" data-kind={kind} data-tone={toneOf(id)}>
      <text
        className="chart-title"
        x={x}
        y={title.y + title.height - 4}
        style={{ font: FONTS.state }}
      >
        {label}
        {note !== '' && ` ${note}`}
      </text>
      {active && (
        <circle className="chart-sign" cx={title.x + 4} cy={title.y + title.height / 2} r={4} />
      )}
    </g>
  );
}

function Name({ box, active }: TextProps) {
  const { x, width, label, note, title } = box;
  const middle = x + width / 2;
  const baseline = title.y + title.height - 4;
  return (
    <>
      {active && <circle className="chart-sign" cx={title.x - 8} cy={baseline - 4.5} r={3.5} />}
      <text
        className="chart-name"
        x={middle}
        y={baseline}
        textAnchor="middle"
        style={{ font: FONTS.state }}
      >
        {label}
      </text>
      {note !== '' && (
        <text
          className="chart-note"
          x={middle}
          y={baseline + 15}
          textAnchor="middle"
          style={{ font: FONTS.note }}
        >
          {note}
        </text>
      )}
    </>
  );
}

/** A sign for what was taken and leads nowhere. */
function Within({ model, box: { id, x, y, width }, marks: { taken, latest } }: BoxProps) {
  const within = internal(model, id).filter(arrow => taken.has(arrow.id));
  if (within.length === 0) return null;
  const isLatest = within.some(arrow => latest.includes(arrow.id));
  return (
    <g className="chart-within" data-latest={isLatest}>
      <circle className="chart-ring" cx={x + width} cy={y} r={7} />
      <text
        className="chart-ring-sign"
        x={x + width}
        y={y + 4}
        textAnchor="middle"
        style={{ font: FONTS.badge }}
      >
        ↻
      </text>
    </g>
  );
}

const internal = (model: ChartModel, path: string): readonly ChartArrow[] =>
  (model.nodes.get(path)?.arrows ?? [])
    .map(id => model.arrows.get(id) as ChartArrow)
    .filter(({ kind }) => kind === 'internal');

/** What a pointer that rests on a state is told. */
function inWords(model: ChartModel, path: string): string {
  const actors = (model.nodes.get(path)?.invoked ?? []).map(({ id }) => `do / ${id}`);
  const within = internal(model, path).map(({ label }) => `within: ${label}`);
  return [path, ...actors, ...within].join('\n');
}
