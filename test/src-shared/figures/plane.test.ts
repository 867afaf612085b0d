import { expect, test } from 'vitest';
import { sequentialColor } from '../../../src-shared/figures/palette.ts';
import { planeFigure } from '../../../src-shared/studies/interpolation/plane-figures.ts';
import {
  type PlaneResult,
  planeConfigSchema,
  planeGrid,
} from '../../../src-shared/studies/interpolation/plane-schemas.ts';

const config = planeConfigSchema.parse({
  kind: 'plane',
  dataset: 'data',
  subdivisions: 2,
  triples: [{ label: 'LoRA', coto: false, adapters: ['a', 'b', 'c'].map((adapterId) => ({ adapterId })) }],
});
const interval = { value: -0.1, low: -0.2, high: 0 };
const difference = { accuracy: interval, loss: interval };
/** The accuracy is the weight of the third adapter, the loss that of the first. */
const surface = (method: string): PlaneResult['triples'][number]['surfaces'][number] => ({
  method,
  points: planeGrid(config).map(([first, second, third]) => ({
    weights: [first / 2, second / 2, third / 2],
    accuracy: third / 2,
    loss: first / 2,
  })),
  center: { accuracy: 1 / 3, loss: 1 / 3 },
  againstCorners: difference,
  againstEnsemble: null,
});
const result: PlaneResult = {
  kind: 'plane',
  examples: 100,
  metric: 'accuracy',
  triples: [
    {
      label: 'LoRA',
      name: 'seeds 4, 5, 6',
      coto: false,
      corners: [0, 0, 1].map((accuracy) => ({ accuracy, loss: 1 })),
      ensemble: { accuracy: 0.5, loss: 1 },
      surfaces: [surface('factor-average'), surface('weight-average')],
    },
  ],
};
const words = { mergeMethod: (id: string) => id };

test('a triangle for each method: measured points in place, shades between them, bright where it is better', () => {
  const figure = planeFigure(result, config, 0, 'accuracy', words, { dark: false });
  const measured = figure.data.find(({ name }) => name === 'factor-average');
  // Corners: the first at 0, the second at 1, the third above the middle.
  expect(measured?.['x']).toEqual([0, 0.5, 1, 0.25, 0.75, 0.5]);
  expect([measured?.['y']].flat().at(-1)).toBeCloseTo(Math.sqrt(3) / 2, 12);
  expect(measured?.['marker']).toMatchObject({
    color: [0, 0, 0, 50, 50, 100],
    cmin: 0,
    cmax: 100,
    reversescale: false,
  });
  // The lowest row of small triangles has the darkest shade, the tip nearly the brightest.
  const shades = figure.data.filter(({ fill }) => fill === 'toself').map(({ fillcolor }) => fillcolor);
  expect(shades).toContain(sequentialColor(0.5 / 32));
  expect(shades).toContain(sequentialColor(30.5 / 32));
  const loss = planeFigure(result, config, 0, 'loss', words, { dark: true });
  expect(loss.data.find(({ name }) => name === 'weight-average')?.['marker']).toMatchObject({ reversescale: true });
  expect(figure.caption).toContain(
    'factor-average 33.3 %, −10.0 [−20.0,\u00a00.0] points from the mean of the corners',
  );
  expect(figure.caption).toContain('their ensemble 50.0 %');
  expect(JSON.stringify(figure.layout['annotations'])).toContain('seed 5');
});

test('the shades between measured points are those of the linear interpolation', () => {
  const figure = planeFigure(result, config, 0, 'accuracy', words, { dark: false });
  const height = Math.sqrt(3) / 2;
  for (const trace of figure.data.filter(
    ({ fill, x }) => fill === 'toself' && [x].flat().every((at) => Number(at) <= 1),
  )) {
    const [xs, ys] = [[trace['x']].flat(), [trace['y']].flat()];
    for (let at = 0; at + 3 < xs.length; at += 5) {
      // The accuracy is the third weight, which is the height above the base.
      const mean = [0, 1, 2].reduce((sum, corner) => sum + Number(ys[at + corner]) / height / 3, 0);
      const shade = Math.min(31, Math.floor(mean * 32 + 1e-3));
      const near = [shade - 1, shade, shade + 1].map((one) => sequentialColor((one + 0.5) / 32));
      expect(near).toContain(trace['fillcolor']);
    }
  }
});
