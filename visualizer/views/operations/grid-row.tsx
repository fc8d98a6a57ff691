import { type MouseEvent, memo } from 'react';
import { Link } from '../../app/navigation.tsx';
import { redactedText } from '../../data/redaction.ts';
import type { Row } from '../../data/row-store.ts';
import { isFinal } from '../../data/states.ts';
import { Icon } from '../../design/icons.tsx';
import { detailOf, StateBadge } from '../../design/state-badge.tsx';
import { Ago, Countdown } from '../../design/time.tsx';

export interface GridRowProps {
  readonly rowId: string;
  readonly place: number;
  readonly top: number;
  readonly height: number;
  readonly row: Row;
  readonly isSelected: boolean;
  readonly isActive: boolean;
  readonly onClick: (event: MouseEvent, id: string, place: number) => void;
}

/** A row where the virtual list puts it. */
function GridRowOf({
  rowId,
  place,
  top,
  height,
  row,
  isSelected,
  isActive,
  onClick,
}: GridRowProps) {
  const error = redactedText(row.error);
  return (
    // biome-ignore-start lint/a11y: the grid has the focus and the keys, for all of its rows
    <div
      id={rowId}
      role="row"
      aria-rowindex={place + 2}
      aria-selected={isSelected}
      className={isActive ? 'grid-row is-active' : 'grid-row'}
      style={{ height, transform: `translateY(${top}px)` }}
      onClick={event => onClick(event, row.id, place)}
    >
      <span role="gridcell" className="cell-select" data-select="">
        <span className="box" aria-hidden="true">
          {isSelected && <Icon name="check" size={12} />}
        </span>
      </span>
      <span role="gridcell" className="cell-state">
        <StateBadge state={row.state} detail={detailOf(row.path)} />
      </span>
      <span role="gridcell" className="cell-name">
        {row.name}
      </span>
      <span role="gridcell" className="cell-id mono">
        <Link to={{ view: 'operation', id: row.id }} tabIndex={-1} title={row.id}>
          {row.id}
        </Link>
      </span>
      <span role="gridcell" className="cell-attempt numbers">
        {row.attempt}
      </span>
      <span role="gridcell" className="cell-breakerKey" title={row.breakerKey}>
        {row.breakerKey}
      </span>
      <span role="gridcell" className="cell-dueAt numbers">
        {row.dueAt !== null && !isFinal(row.state) && <Countdown until={row.dueAt} />}
      </span>
      <span role="gridcell" className="cell-createdAt numbers">
        <Ago at={row.createdAt} />
      </span>
      <span role="gridcell" className="cell-updatedAt numbers">
        <Ago at={row.updatedAt} />
      </span>
      <span role="gridcell" className="cell-error muted" title={error}>
        {error}
      </span>
    </div>
    // biome-ignore-end lint/a11y: as above
  );
}

const sameRow = (a: Row, b: Row): boolean =>
  a.updatedAt === b.updatedAt &&
  a.state === b.state &&
  a.path === b.path &&
  a.breakerKey === b.breakerKey &&
  a.error === b.error &&
  a.dueAt === b.dueAt;

export const GridRow = memo(
  GridRowOf,
  (a, b) =>
    a.place === b.place &&
    a.top === b.top &&
    a.height === b.height &&
    a.isSelected === b.isSelected &&
    a.isActive === b.isActive &&
    a.row.id === b.row.id &&
    sameRow(a.row, b.row),
);
