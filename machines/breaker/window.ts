/** What a breaker remembers of its calls. Pure: whoever asks brings the instant. */
import * as consecutive from './consecutive-window.ts';
import * as count from './count-window.ts';
import * as time from './time-window.ts';
import type { Call, Rates, Window, WindowSettings } from './window-types.ts';

export function emptyWindow(settings: WindowSettings): Window {
  if (settings.kind === 'count') return count.empty(settings.size);
  if (settings.kind === 'time') return time.empty(settings);
  return consecutive.EMPTY;
}

export function counted(window: Window, call: Call): Window {
  if (window.kind === 'count') return count.counted(window, call);
  if (window.kind === 'time') return time.counted(window, call);
  return consecutive.counted(window, call);
}

/** Time windows age by the instant that they are asked at, also when nothing was called. */
export function rates(window: Window, at: number): Rates {
  if (window.kind === 'consecutive') {
    const { failures } = window;
    return ratesOf(failures, failures, 0);
  }
  const { calls, failures, slow } =
    window.kind === 'count' ? window : time.total(time.aged(window, at));
  return ratesOf(calls, failures, slow);
}

const ratesOf = (calls: number, failures: number, slow: number): Rates => ({
  calls,
  failures,
  slow,
  failureRatio: calls === 0 ? 0 : failures / calls,
  slowRatio: calls === 0 ? 0 : slow / calls,
});

/** What the window knows, as far as windows of the new settings can know it: order says nothing of instants, nor these of order. */
export function resized(window: Window, settings: WindowSettings): Window {
  if (window.kind === 'count' && settings.kind === 'count') {
    return count.resized(window, settings.size);
  }
  if (window.kind === 'time' && settings.kind === 'time') return time.resized(window, settings);
  if (window.kind === 'count' && settings.kind === 'consecutive') {
    return { kind: 'consecutive', failures: count.failuresInARow(window) };
  }
  if (window.kind === 'consecutive' && settings.kind === 'count') {
    return count.failing(settings.size, window.failures);
  }
  return window.kind === settings.kind ? window : emptyWindow(settings);
}

/** Why a breaker with such a window opens; undefined when it does not. */
export function excess(
  window: Window,
  settings: WindowSettings,
  at: number,
): 'failures' | 'slow' | undefined {
  if (settings.kind === 'consecutive') {
    const { threshold } = settings;
    return window.kind === 'consecutive' && threshold !== null && window.failures >= threshold
      ? 'failures'
      : undefined;
  }
  const { calls, failureRatio, slowRatio } = rates(window, at);
  if (calls < settings.minimumCalls) return undefined;
  if (failureRatio >= settings.failureRatio) return 'failures';
  return settings.slowCallDuration !== null && slowRatio >= settings.slowCallRatio
    ? 'slow'
    : undefined;
}

/** Whether a call that took so long is a slow one. */
export function isSlow(settings: WindowSettings, duration: number | undefined): boolean {
  return (
    settings.kind !== 'consecutive' &&
    settings.slowCallDuration !== null &&
    duration !== undefined &&
    duration >= settings.slowCallDuration
  );
}
