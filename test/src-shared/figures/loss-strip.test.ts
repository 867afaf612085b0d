import { expect, test } from 'vitest';
import { foldMasks } from '../../../src-shared/curves/growing-shares.ts';
import { cotoSettingsSchema } from '../../../src-shared/domain/runs/coto.ts';
import { lossStripFigure } from '../../../src-shared/figures/index.ts';
import { makeCurve } from '../curves/make-curve.ts';

const light = { dark: false };
const run = {
  ...{ id: 'a', label: 'My run', group: 'LoRA', coto: true, variant: 'lora', totalSteps: 40, examplesPerStep: 8 },
  curves: new Map([['loss', makeCurve('loss', [0, 1, 2], [3, 2, 1])]]),
};
const shares = foldMasks({ firstStep: 0, groupCount: 2, bytes: Uint8Array.from([1, 0, 0, 1, 1, 1]) }, 100);
const groups = ['layers.0', 'layers.1'];

test('loss and strip share the x axis of all planned steps, with a line where the run is', () => {
  const coto = cotoSettingsSchema.parse({});
  const figure = lossStripFigure({ run, groups, shares, coto, now: 2 }, { smoothing: 0 }, light);
  const [loss, strip] = figure.data;
  expect(loss).toMatchObject({ name: 'loss', x: [0, 1, 2], y: [3, 2, 1] });
  expect(strip).toMatchObject({ type: 'heatmap', yaxis: 'y2' });
  expect(strip).not.toHaveProperty('xaxis');
  expect(figure.layout).toMatchObject({
    xaxis: { range: [-0.5, 39.5], anchor: 'y2' },
    annotations: [{ text: 'full activation at step 30' }],
    shapes: expect.arrayContaining([expect.objectContaining({ x0: 2, x1: 2, yref: 'paper' })]),
  });
});

test('the pointer is told how many adapters were on', () => {
  const figure = lossStripFigure({ run, groups, shares, coto: null, now: null }, {}, light);
  expect(figure.data.at(-1)).toMatchObject({
    x: [0, 1, 2],
    y: [1, 1, 2],
    hovertemplate: '%{y:.0f} of 2',
    visible: false,
  });
});

test('without masks there is the loss alone', () => {
  const figure = lossStripFigure({ run, groups: [], shares: null, coto: null, now: null }, {}, light);
  expect(figure.data).toHaveLength(1);
  expect(figure.layout).not.toHaveProperty('yaxis2');
  expect(figure.layout).toMatchObject({ annotations: [], shapes: [] });
});
