import {
  type KeyboardEvent,
  type MouseEvent,
  useCallback,
  useId,
  useMemo,
  useRef,
  useState,
} from 'react';
import { go } from '../../app/navigation.tsx';
import type { OperationsTable } from '../../data/operations-table.ts';
import type { Sorting } from '../../data/row-view.ts';
import {
  extended,
  NOTHING_SELECTED,
  placeAfter,
  type Selection,
  toggled,
} from '../../data/selection.ts';
import { useNarrow } from '../../design/use-narrow.ts';
import { COLUMNS } from './columns.ts';
import { GridHead } from './grid-head.tsx';
import { GridRow } from './grid-row.tsx';
import { useHeldScroll } from './use-held-scroll.ts';
import { useVisibleRows } from './use-visible-rows.ts';

/** Pixels; where there is little width a row takes two lines. */
const ROW = 38;
const ROW_OF_TWO_LINES = 64;

export interface OperationsGridProps {
  readonly table: OperationsTable;
  readonly version: number;
  readonly sorting: Sorting;
  readonly onSort: (sorting: Sorting) => void;
  readonly selection: Selection;
  readonly onSelect: (selection: Selection) => void;
}

/** The rows that are in sight, of however many. One stop for the Tab key; arrows go from row to row. */
export function OperationsGrid({
  table,
  version,
  sorting,
  onSort,
  selection,
  onSelect,
}: OperationsGridProps) {
  const { view, store } = table;
  const scroller = useRef<HTMLDivElement>(null);
  const gridId = useId();
  const rowHeight = useNarrow() ? ROW_OF_TWO_LINES : ROW;
  const [activeId, setActiveId] = useState<string | null>(null);
  const visible = useVisibleRows(scroller, view.length, rowHeight);
  useHeldScroll(scroller, table, version, rowHeight);

  const idAt = (place: number): string | undefined => {
    const row = view.at(place);
    return row === undefined ? undefined : store.idOf(row);
  };
  const placeOf = (id: string): number | undefined => {
    const row = store.find(id);
    const place = row === undefined ? -1 : view.rows().indexOf(row);
    return place === -1 ? undefined : place;
  };
  const activePlace = (activeId === null ? undefined : placeOf(activeId)) ?? 0;

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.target instanceof HTMLButtonElement) return;
    const id = activeId ?? idAt(0);
    if ((event.ctrlKey || event.metaKey) && event.key === 'a') {
      event.preventDefault();
      return onSelect({ ids: allIds(table), anchor: id ?? null });
    }
    if (event.ctrlKey || event.metaKey || event.altKey || id === undefined) return;
    if (event.key === 'Escape') return onSelect(NOTHING_SELECTED);
    if (event.key === 'Enter') return go({ view: 'operation', id });
    if (event.key === ' ') {
      event.preventDefault();
      setActiveId(id);
      return onSelect(toggled(selection, id));
    }
    const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 400) / rowHeight) - 1);
    const start = activeId === null ? -1 : activePlace;
    const place = placeAfter(event.key, start, view.length, page);
    if (place === undefined) return;
    event.preventDefault();
    if (event.shiftKey) {
      const anchored = selection.anchor === null ? { ...selection, anchor: id } : selection;
      onSelect(extended(anchored, place, idAt, placeOf));
    }
    setActiveId(idAt(place) ?? null);
    reveal(scroller.current, place * rowHeight, rowHeight);
  };

  const onRowClick = (event: MouseEvent, id: string, place: number) => {
    setActiveId(id);
    const isBox = (event.target as Element).closest('[data-select]') !== null;
    if (event.shiftKey) onSelect(extended(selection, place, idAt, placeOf));
    else if (isBox || event.ctrlKey || event.metaKey) onSelect(toggled(selection, id));
    else if ((event.target as Element).closest('a') === null) go({ view: 'operation', id });
  };

  // The rows are drawn anew only when they change, so what they call must stay the same.
  const latestClick = useRef(onRowClick);
  latestClick.current = onRowClick;
  const click = useCallback<typeof onRowClick>((...args) => latestClick.current(...args), []);

  const rowId = (place: number) => `${gridId}-${place}`;
  // biome-ignore lint/correctness/useExhaustiveDependencies: the table changes in place, and its version with it
  const allSelected = useMemo(() => areAllSelected(table, selection), [table, selection, version]);
  return (
    <div className="grid-frame">
      {/* biome-ignore-start lint/a11y: a table whose rows are drawn as they come into sight cannot be a <table> */}
      <div
        ref={scroller}
        className="grid"
        role="grid"
        aria-label="Operations"
        aria-multiselectable="true"
        aria-rowcount={view.length + 1}
        aria-colcount={COLUMNS.length + 1}
        aria-activedescendant={activeId === null ? undefined : rowId(activePlace)}
        tabIndex={0}
        onKeyDown={onKeyDown}
      >
        <GridHead
          sorting={sorting}
          onSort={onSort}
          allSelected={allSelected}
          onSelectAll={() =>
            onSelect(allSelected ? NOTHING_SELECTED : { ids: allIds(table), anchor: null })
          }
        />
        <div role="rowgroup" className="grid-body" style={{ height: view.length * rowHeight }}>
          {Array.from({ length: visible.end - visible.from }, (_, offset) => {
            const place = visible.from + offset;
            const row = view.at(place);
            if (row === undefined) return null;
            const data = store.row(row);
            return (
              <GridRow
                key={data.id}
                rowId={rowId(place)}
                place={place}
                top={place * rowHeight}
                height={rowHeight}
                row={data}
                isSelected={selection.ids.has(data.id)}
                isActive={data.id === activeId}
                onClick={click}
              />
            );
          })}
        </div>
      </div>
      {/* biome-ignore-end lint/a11y: as above */}
    </div>
  );
}

/** What is chosen may be other rows than those that are shown. */
function areAllSelected({ view, store }: OperationsTable, { ids }: Selection): boolean {
  if (ids.size === 0 || ids.size < view.length) return false;
  for (const row of view.rows()) if (!ids.has(store.idOf(row))) return false;
  return true;
}

function allIds({ view, store }: OperationsTable): ReadonlySet<string> {
  const ids = new Set<string>();
  for (const row of view.rows()) ids.add(store.idOf(row));
  return ids;
}

/** Scrolls no further than it takes for a row to be in sight, below the head that stays. */
function reveal(scroller: HTMLElement | null, top: number, height: number): void {
  if (scroller === null) return;
  const head = scroller.querySelector<HTMLElement>('.grid-head')?.offsetHeight ?? 0;
  const least = top + height + head - scroller.clientHeight;
  if (scroller.scrollTop > top) scroller.scrollTop = top;
  else if (scroller.scrollTop < least) scroller.scrollTop = least;
}
