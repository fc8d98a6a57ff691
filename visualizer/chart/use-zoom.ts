import { type RefObject, useLayoutEffect, useRef, useState } from 'react';

const STEP = 1.25;
const SMALLEST = 0.2;
const LARGEST = 3;
/** The picture is not made smaller than this by itself: one scrolls rather than guesses. */
const READABLE = 0.7;
/** Nor larger. */
const COMFORTABLE = 1.15;
/** Nor, for its height, smaller than this: whatever is below is a page's scroll away. */
const COMPACT = 0.8;
/** Of the window's height, which a picture fills at most. */
const TALL = 0.55;

export interface Zoom {
  readonly scale: number;
  /** Whether it is known how much room there is. */
  readonly settled: boolean;
  readonly canGrow: boolean;
  readonly canShrink: boolean;
  grow(): void;
  shrink(): void;
  /** The whole width at once. */
  fit(): void;
}

/** What a picture has, in pixels: its view's width and the window's height. */
interface Room {
  readonly width: number;
  readonly height: number;
}

/** How large a picture is shown in a place that scrolls: as wide as that while it can be read, until somebody chooses. */
export function useZoom(
  view: RefObject<HTMLElement | null>,
  { width, height }: { readonly width: number; readonly height: number },
): Zoom {
  const [room, setRoom] = useState<Room | undefined>(undefined);
  const [chosen, setChosen] = useState<number | 'fit' | undefined>(undefined);
  useLayoutEffect(() => {
    const element = view.current;
    if (element === null) return;
    const measure = () => setRoom({ width: element.clientWidth, height: innerHeight });
    measure();
    const watcher = new ResizeObserver(measure);
    watcher.observe(element);
    return () => watcher.disconnect();
  }, [view]);

  const whole = room === undefined ? 1 : Math.min(COMFORTABLE, room.width / width);
  const tall = room === undefined ? 1 : Math.max(COMPACT, (TALL * room.height) / height);
  const usual = Math.max(READABLE, Math.min(whole, tall));
  const scale = chosen === undefined ? usual : chosen === 'fit' ? whole : chosen;
  useSteadyMiddle(view, scale);
  const choose = (next: number) => setChosen(Math.min(LARGEST, Math.max(SMALLEST, next)));
  return {
    scale,
    settled: room !== undefined,
    canGrow: scale < LARGEST,
    canShrink: scale > SMALLEST,
    grow: () => choose(scale * STEP),
    shrink: () => choose(scale / STEP),
    fit: () => setChosen('fit'),
  };
}

/** What is in the middle stays there when the scale changes. */
function useSteadyMiddle(view: RefObject<HTMLElement | null>, scale: number): void {
  const before = useRef(scale);
  useLayoutEffect(() => {
    const element = view.current;
    const ratio = scale / before.current;
    before.current = scale;
    if (element === null || ratio === 1) return;
    const { scrollLeft, scrollTop, clientWidth, clientHeight } = element;
    element.scrollLeft = (scrollLeft + clientWidth / 2) * ratio - clientWidth / 2;
    element.scrollTop = (scrollTop + clientHeight / 2) * ratio - clientHeight / 2;
  }, [view, scale]);
}
