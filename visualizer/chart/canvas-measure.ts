import { estimatedWidth, type Measure } from './fonts.ts';

let context: CanvasRenderingContext2D | null | undefined;

/** Measures as the browser draws; where it has no canvas, by a guess. */
export const canvasMeasure: Measure = (text, font) => {
  context ??= document.createElement('canvas').getContext('2d');
  if (context === null) return estimatedWidth(text, font);
  context.font = font;
  return context.measureText(text).width;
};
