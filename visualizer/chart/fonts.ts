const FAMILY = 'ui-sans-serif, system-ui, sans-serif';

/** CSS `font` values of the picture's texts. What is measured with them is drawn with them. */
export const FONTS = {
  state: `600 13px ${FAMILY}`,
  note: `400 11px ${FAMILY}`,
  label: `400 11px ${FAMILY}`,
  badge: `600 10px ${FAMILY}`,
} as const;

/** Distance between the lines of a label, in pixels. */
export const LINE_HEIGHT = 14;

/** Width of a text in a CSS `font`, in pixels. */
export type Measure = (text: string, font: string) => number;

const NARROW = 0.36;
const WIDE = 0.9;
const CAPITAL = 0.7;
const USUAL = 0.6;

/** A guess on the wide side, the same everywhere, for where no canvas can measure. */
export function estimatedWidth(text: string, font: string): number {
  const size = Number(/(\d+(?:\.\d+)?)px/.exec(font)?.[1] ?? 12);
  const widths = [...text].map(letter => {
    if ("iljtfrI.,:;|!'()[] ".includes(letter)) return NARROW;
    if ('mwMW'.includes(letter)) return WIDE;
    return /[A-Z_~<>]/.test(letter) ? CAPITAL : USUAL;
  });
  return Math.ceil(widths.reduce((sum, width) => sum + width, 0) * size);
}
