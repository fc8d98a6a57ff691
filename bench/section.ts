/** Something that a figure is held against. */
export interface Target {
  readonly what: string;
  readonly figure: number;
  readonly unit: 'x' | 's' | 'ms' | '%' | 'KB' | 'MB';
  readonly atLeast?: number;
  readonly atMost?: number;
}

/** One part of the run, as it stands in the report. */
export interface Section {
  readonly title: string;
  /** How it was measured, and what to know when reading it. */
  readonly notes: readonly string[];
  readonly tables: readonly Table[];
  readonly targets: readonly Target[];
}

export interface Table {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** What each part is given. */
export interface Stage {
  /** An empty folder on a real disk, removed after the run. */
  readonly folder: string;
  readonly quick: boolean;
  /** A line for whoever is watching. */
  say(line: string): void;
}

export function holds({ figure, atLeast, atMost }: Target): boolean {
  if (Number.isNaN(figure)) return false;
  return (atLeast === undefined || figure >= atLeast) && (atMost === undefined || figure <= atMost);
}
