import type { Locator, Page } from 'playwright-core';
import * as assert from 'uvu/assert';

/** A state of the chart, where it is lit. */
export const lit = (page: Page, state: string): Locator =>
  page.locator(`.chart-picture [data-state="${state}"][data-active="true"]`);

/** Resolves when a state is lit; fails where another one is that does not contain it. */
export async function assertLit(page: Page, state: string): Promise<void> {
  await lit(page, state).waitFor();
  const around = state.split('.').map((_, depth, path) => path.slice(0, depth + 1).join('.'));
  assert.equal(await states(page), around);
}

const states = (page: Page) =>
  page
    .locator('.chart-picture [data-active="true"]')
    .evaluateAll(boxes => boxes.map(box => box.getAttribute('data-state')).sort());

/** Ids of the arrows that are marked as taken, or as those taken last. */
export const marked = (page: Page, mark: 'taken' | 'latest'): Promise<readonly string[]> =>
  page
    .locator(`.chart-picture .chart-arrow[data-${mark}="true"]`)
    .evaluateAll(arrows => arrows.map(arrow => arrow.getAttribute('data-arrow') ?? '').sort());

interface Named {
  readonly name: string;
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** What the picture consists of, as it is on the screen. */
interface Parts {
  /** Letters beside arrows, by arrow. */
  readonly labels: readonly Named[];
  /** States without states in them. */
  readonly leaves: readonly Named[];
  /** Titles of frames. */
  readonly titles: readonly Named[];
  readonly picture: Named;
}

const partsOf = (page: Page): Promise<Parts> =>
  page.locator('.chart-picture').evaluate(picture => {
    const place = (name: string, element: Element) => {
      const { left, top, right, bottom } = element.getBoundingClientRect();
      return { name, left, top, right, bottom };
    };
    const all = (selector: string) => [...picture.querySelectorAll(selector)];
    return {
      labels: all('.chart-arrow text, .chart-arrow .chart-badge').map(text =>
        place(`${text.parentElement?.getAttribute('data-arrow')}: ${text.textContent}`, text),
      ),
      leaves: all('.chart-box:not([data-kind="compound"], [data-kind="group"]) > .chart-shape').map(
        shape => place(shape.parentElement?.textContent ?? '', shape),
      ),
      titles: all('.chart-title').map(title => place(title.textContent ?? '', title)),
      picture: place('picture', picture),
    };
  });

/** Pixels of a letter's box that have no ink. */
const AIR = 2;

const overlap = (a: Named, b: Named): boolean =>
  a.left + AIR < b.right &&
  b.left + AIR < a.right &&
  a.top + AIR < b.bottom &&
  b.top + AIR < a.bottom;

const arrowOf = ({ name }: Named): string => name.slice(0, name.indexOf(':'));

/** Fails where something that is to be read lies on something else, or outside of the picture. */
export async function assertReadable(page: Page): Promise<void> {
  const { labels, leaves, titles, picture } = await partsOf(page);
  assert.ok(labels.length > 10 && leaves.length >= 6, 'there is a whole chart');
  const found: string[] = [];
  const check = (a: Named, others: readonly Named[]) => {
    for (const b of others) if (overlap(a, b)) found.push(`${a.name} on ${b.name}`);
  };
  labels.forEach((label, index) => {
    check(label, leaves);
    check(label, titles);
    const later = labels.slice(index + 1);
    // The badge of a label overlaps nothing else; lines of one label have less air between them.
    check(
      label,
      later.filter(other => arrowOf(other) !== arrowOf(label)),
    );
    const { left, right, top, bottom } = picture;
    if (label.left < left || label.right > right || label.top < top || label.bottom > bottom)
      found.push(`${label.name} is cut off`);
  });
  for (const [index, leaf] of leaves.entries()) {
    check(leaf, [...titles, ...leaves.slice(index + 1)]);
  }
  assert.equal(found, []);
}
