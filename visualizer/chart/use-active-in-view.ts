import { type RefObject, useEffect } from 'react';
import type { Rectangle } from './geometry.ts';
import type { Zoom } from './use-zoom.ts';

const MARGIN = 24;

/** Scrolls to a box when it is another one than before, unless it is to be seen already. */
export function useActiveInView(
  view: RefObject<HTMLElement | null>,
  box: Rectangle | undefined,
  { scale, settled }: Pick<Zoom, 'scale' | 'settled'>,
): void {
  // A change of the scale is no reason: whoever zooms looks where they want to.
  // biome-ignore lint/correctness/useExhaustiveDependencies: see above
  useEffect(() => {
    const element = view.current;
    if (element === null || box === undefined || !settled) return;
    const left = toSee(element.scrollLeft, element.clientWidth, box.x * scale, box.width * scale);
    const top = toSee(element.scrollTop, element.clientHeight, box.y * scale, box.height * scale);
    const isStill = matchMedia('(prefers-reduced-motion: reduce)').matches;
    element.scrollTo({ left, top, behavior: isStill ? 'instant' : 'smooth' });
  }, [view, box, settled]);
}

/** Where to scroll to along one axis: nowhere, or so that it is in the middle. */
function toSee(from: number, room: number, begin: number, length: number): number {
  const isSeen = begin - MARGIN >= from && begin + length + MARGIN <= from + room;
  return isSeen ? from : begin + length / 2 - room / 2;
}
