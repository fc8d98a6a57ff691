/** The colour in which a state is lit, by the name of its outermost state; the page defines `--state-...`. */
const TONES: Readonly<Record<string, string>> = {
  pending: 'pending',
  in_progress: 'in-progress',
  recovering: 'recovering',
  success: 'success',
  failed: 'failed',
  exhausted: 'exhausted',
  closed: 'success',
  open: 'failed',
  half_open: 'recovering',
  isolated: 'exhausted',
  forced_closed: 'in-progress',
  metrics_only: 'pending',
};

export const toneOf = (path: string): string => TONES[path.split('.')[0] ?? ''] ?? 'accent';
