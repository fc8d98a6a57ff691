import type { Call, ConsecutiveWindow } from './window-types.ts';

export const EMPTY: ConsecutiveWindow = { kind: 'consecutive', failures: 0 };

export function counted(window: ConsecutiveWindow, { failed }: Call): ConsecutiveWindow {
  if (failed) return { kind: 'consecutive', failures: window.failures + 1 };
  return window.failures === 0 ? window : EMPTY;
}
