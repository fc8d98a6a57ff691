import { type RefObject, useEffect, useState } from 'react';

/** Places that are drawn: from the first, up to the end. */
export interface VisibleRows {
  readonly from: number;
  readonly end: number;
}

/** Rows that are drawn beyond either edge, so that scrolling meets them drawn. */
const BEYOND = 8;

/** Which rows are in sight, where all have one height: that costs the same however many there are. */
export function useVisibleRows(
  scroller: RefObject<HTMLElement | null>,
  count: number,
  rowHeight: number,
): VisibleRows {
  const [sight, setSight] = useState({ top: 0, height: 800 });
  useEffect(() => {
    const element = scroller.current;
    if (element === null) return;
    const look = () => {
      // By whole rows: within one nothing else comes into sight.
      const top = Math.floor(element.scrollTop / rowHeight) * rowHeight;
      const height = element.clientHeight;
      setSight(before =>
        before.top === top && before.height === height ? before : { top, height },
      );
    };
    look();
    const observer = new ResizeObserver(look);
    observer.observe(element);
    element.addEventListener('scroll', look, { passive: true });
    return () => {
      observer.disconnect();
      element.removeEventListener('scroll', look);
    };
  }, [scroller, rowHeight]);
  const first = Math.floor(sight.top / rowHeight);
  const shown = Math.ceil(sight.height / rowHeight);
  // After rows have gone the browser scrolls back, but only with the next frame.
  const from = Math.max(0, Math.min(first, count - shown) - BEYOND);
  return { from, end: Math.min(count, Math.max(first, from) + shown + 2 * BEYOND) };
}
