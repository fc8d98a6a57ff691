import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { estimatedWidth, FONTS } from '../../../visualizer/chart/fonts.ts';
import { directionFor, layoutChart } from '../../../visualizer/chart/layout.ts';
import { chartModel } from '../../../visualizer/chart/model.ts';
import { thorough } from '../../support/extent.ts';
import { modelOf, NAMES, operationModel } from './support/charts.ts';
import { holds, overlaps, strikes } from './support/geometry.ts';

/** Elk is large, and slow until Node has compiled it. */
export const suiteTimeout = 120_000;

const test = suite('chart layout');
const measure = estimatedWidth;

const PICTURES = NAMES.flatMap(name =>
  (['RIGHT', 'DOWN'] as const).flatMap(direction =>
    [false, true].map(badges => ({ name, direction, badges })),
  ),
);
/** Where there is room for counts there is less for everything else: a sample is of the larger ones. */
const LOOKED_AT = PICTURES.filter(({ badges, direction }) =>
  thorough ? true : badges === (direction === 'RIGHT'),
);

for (const { name, direction, badges } of LOOKED_AT) {
  const title = `${name}, ${direction}${badges ? ', with room for counts' : ''}`;
  const picture = () => layoutChart(modelOf(name), { measure, direction, badges });

  test(`${title}: no label lies on a state, a title, a border or another label`, async () => {
    assert.equal(overlaps(await picture()), []);
  });

  test(`${title}: no line runs through a label or a state`, async () => {
    assert.equal(strikes(await picture()), []);
  });

  test(`${title}: everything is in the picture, and states are in the states that hold them`, async () => {
    const layout = await picture();
    const whole = { x: 0, y: 0, width: layout.width, height: layout.height };
    const labels = layout.edges.map(({ label }) => label);
    for (const place of [...layout.boxes, ...labels]) assert.ok(holds(whole, place));
    const byId = new Map(layout.boxes.map(box => [box.id, box]));
    for (const box of layout.boxes) {
      const outer = byId.get(box.parent ?? '');
      if (outer !== undefined) assert.ok(holds(outer, box), `${box.id} in ${box.parent}`);
    }
  });

  test(`${title}: a dot stands beside each state that is the first, and no other`, async () => {
    const { boxes } = await picture();
    const firsts = new Set([...modelOf(name).nodes.values()].map(({ initial }) => initial));
    for (const { id, dot, x, y } of boxes) {
      assert.is(dot !== null, firsts.has(id), id);
      if (dot === null) continue;
      const gap = direction === 'RIGHT' ? y - (dot.y + dot.height) : x - (dot.x + dot.width);
      assert.ok(dot.width > 0 && gap >= 0 && gap < 10, `${id}: ${gap}`);
    }
  });

  test(`${title}: every text fits where it stands`, async () => {
    const { boxes, edges } = await picture();
    for (const { label, note, width } of boxes) {
      assert.ok(measure(label, FONTS.state) <= width && measure(note, FONTS.note) <= width, label);
    }
    for (const { id, label } of edges) {
      for (const { lines, row, badge } of label.entries) {
        for (const line of lines) assert.ok(measure(line, FONTS.label) <= label.width, line);
        const rows = Math.max(row + lines.length, badge === null ? 0 : badge.row + 1);
        assert.ok(rows * 14 <= label.height, id);
        assert.is(badge !== null, badges);
      }
    }
  });

  test(`${title}: lines begin and end at their states`, async () => {
    const { boxes, edges } = await picture();
    const byId = new Map(boxes.map(box => [box.id, box]));
    for (const { id, source, target, points } of edges) {
      for (const [at, end] of [
        [points[0], byId.get(source)],
        [points.at(-1), byId.get(target)],
      ] as const) {
        assert.ok(at !== undefined && end !== undefined, id);
        const near = { x: end.x - 2, y: end.y - 2, width: end.width + 4, height: end.height + 4 };
        assert.ok(holds(near, { ...at, width: 0, height: 0 }), id);
      }
    }
  });
}

test('the pictures are no larger than a page takes', async () => {
  const sizes: Record<string, readonly [width: number, height: number]> = {};
  for (const { name, direction, badges } of PICTURES) {
    if (badges) continue;
    const { width, height } = await layoutChart(modelOf(name), { measure, direction });
    sizes[`${name} ${direction}`] = [width, height];
  }
  const limits: typeof sizes = {
    'operation RIGHT': [1_600, 1_250],
    'operation DOWN': [1_400, 1_650],
    'breaker RIGHT': [1_600, 750],
    'breaker DOWN': [1_050, 1_100],
  };
  for (const [picture, [width, height]] of Object.entries(limits)) {
    const [w = 0, h = 0] = sizes[picture] ?? [];
    assert.ok(w > 0 && w <= width && h > 0 && h <= height, `${picture}: ${w} x ${h}`);
  }
});

test('narrow places get a picture that runs down', () => {
  assert.equal([390, 999, 1_000, 1_280].map(directionFor), ['DOWN', 'DOWN', 'RIGHT', 'RIGHT']);
});

/** Quickly drawn. */
const SMALL = {
  id: 'small',
  initial: 'a',
  states: { a: { on: { go: [{ target: 'b' }] } }, b: { type: 'final' } },
};

test('a picture is worked out once for each direction and measure', async () => {
  const model = chartModel(SMALL);
  let measured = 0;
  const counting = (text: string, font: string): number => {
    measured++;
    return estimatedWidth(text, font);
  };
  const first = layoutChart(model, { measure: counting });
  assert.is(layoutChart(model, { measure: counting, direction: 'RIGHT', badges: false }), first);
  await first;
  const before = measured;
  assert.is(await layoutChart(model, { measure: counting }), await first);
  assert.is(measured, before);
  assert.is.not(layoutChart(model, { measure: counting, direction: 'DOWN' }), first);
  assert.is.not(layoutChart(model, { measure: estimatedWidth }), first);
});

test('one that failed is tried again', async () => {
  const model = chartModel(SMALL);
  let isBroken = true;
  const measure = (text: string, font: string): number => {
    if (isBroken) throw new RangeError('no canvas');
    return estimatedWidth(text, font);
  };
  const failed = await layoutChart(model, { measure }).then(
    () => undefined,
    (error: unknown) => error,
  );
  assert.instance(failed, RangeError);
  isBroken = false;
  const layout = await layoutChart(model, { measure });
  assert.ok(layout.width > 0);
});

test('wider texts make a wider picture', async () => {
  const wide = (text: string, font: string): number => estimatedWidth(text, font) * 1.5;
  const usual = await layoutChart(operationModel, { measure });
  const layout = await layoutChart(operationModel, { measure: wide });
  assert.ok(layout.width > usual.width * 1.1);
  assert.equal(overlaps(layout), []);
});

test.run();
