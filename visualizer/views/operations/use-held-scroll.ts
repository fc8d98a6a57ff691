import { type RefObject, useLayoutEffect, useRef } from 'react';
import type { OperationsTable } from '../../data/operations-table.ts';

/** Keeps the rows that somebody has scrolled to in their place on the screen while others come and go above them. */
export function useHeldScroll(
  scroller: RefObject<HTMLDivElement | null>,
  table: OperationsTable,
  version: number,
  rowHeight: number,
): void {
  const held = useRef<{ row: number; offset: number; version: number } | null>(null);
  useLayoutEffect(() => {
    const element = scroller.current;
    if (element === null) return;
    const before = held.current;
    if (before !== null && before.version !== version && element.scrollTop > 0) {
      const place = table.view.rows().indexOf(before.row);
      if (place !== -1) element.scrollTop = place * rowHeight + before.offset;
    }
    const remember = () => {
      const place = Math.floor(element.scrollTop / rowHeight);
      const row = table.view.at(place);
      held.current =
        row === undefined || element.scrollTop === 0
          ? null
          : { row, offset: element.scrollTop - place * rowHeight, version };
    };
    remember();
    element.addEventListener('scroll', remember, { passive: true });
    return () => element.removeEventListener('scroll', remember);
  }, [scroller, table, version, rowHeight]);
}
