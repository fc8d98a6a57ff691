import { readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { BLINDNESS, contrast, difference, lab } from './support/colour.ts';

const css = readFileSync('visualizer/design/tokens.css', 'utf8');

function tokensIn(selector: string): ReadonlyMap<string, string> {
  const start = css.indexOf(`${selector} {`);
  const block = css.slice(start, css.indexOf('}', start));
  return new Map(
    [...block.matchAll(/(--[\w-]+): (#[0-9a-f]{6});/g)].map(([, name = '', value = '']) => [
      name,
      value,
    ]),
  );
}

const THEMES = { light: tokensIn(':root'), dark: tokensIn(':root[data-theme="dark"]') };
const STATES = ['pending', 'in-progress', 'recovering', 'success', 'failed', 'exhausted'];
const SURFACES = ['--page', '--surface', '--surface-2'];

for (const [theme, tokens] of Object.entries(THEMES)) {
  const color = (name: string): string => {
    const value = tokens.get(name);
    assert.ok(value, `${theme} has no ${name}`);
    return value as string;
  };

  test(`text can be read on every surface, ${theme}`, () => {
    for (const text of ['--text', '--text-muted', '--accent', '--state-failed']) {
      for (const surface of [...SURFACES, '--accent-soft']) {
        const ratio = contrast(color(text), color(surface));
        assert.ok(ratio >= 4.5, `${text} on ${surface}: ${ratio.toFixed(2)}`);
      }
    }
    assert.ok(contrast(color('--on-accent'), color('--accent')) >= 4.5);
  });

  test(`states, borders of controls and the focus stand out from every surface, ${theme}`, () => {
    const marks = [...STATES.map(state => `--state-${state}`), '--border-strong', '--focus'];
    for (const mark of marks) {
      for (const surface of SURFACES) {
        const ratio = contrast(color(mark), color(surface));
        assert.ok(ratio >= 3, `${mark} on ${surface}: ${ratio.toFixed(2)}`);
      }
    }
  });

  test(`no two states look the same, whatever colours somebody sees, ${theme}`, () => {
    for (const [blindness, seen] of Object.entries(BLINDNESS)) {
      const seenAs = STATES.map(state => lab(color(`--state-${state}`), seen));
      for (const [at, one] of seenAs.entries()) {
        for (const [other, another] of seenAs.entries()) {
          if (other <= at) continue;
          const distance = difference(one, another);
          assert.ok(
            distance >= 10,
            `${STATES[at]} and ${STATES[other]}, ${blindness}: ${distance.toFixed(1)}`,
          );
        }
      }
    }
  });
}

test.run();
