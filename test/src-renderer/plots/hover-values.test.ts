import { expect, test } from 'vitest';
import { hoverHead, unitOf, valuesAt } from '../../../src-renderer/plots/hover-values.ts';
import { geometryOf, pixelOfX, pixelOfY, xAtPixel } from '../../../src-renderer/plots/plot-geometry.ts';
import { metricFigure } from '../../../src-shared/figures/index.ts';
import { makeCurve } from '../../src-shared/curves/make-curve.ts';

test('all curves say their value nearest the pointer, raw curves and bands nothing', () => {
  const run = (id: string, values: number[]) => ({
    ...{ id, label: id, group: id, coto: true, variant: 'lora', totalSteps: 300, examplesPerStep: 8 },
    curves: new Map([['loss', makeCurve('loss', [100, 207, 250], values)]]),
  });
  const options = { metric: 'loss', title: 'Training loss', yTitle: 'loss', smoothing: 0.6 };
  const figure = metricFigure(
    [run('a', [3, 1, 2]), run('b', [-4, -5, -6])],
    { ...options, smoothing: 0 },
    { dark: false },
  );
  expect(figure.hover).toBe('step');
  expect(valuesAt(figure.data, 210)).toMatchObject([
    { name: 'a', text: '1.000', x: 207, y: 1, pointIndex: 1, customData: 'a' },
    { name: 'b', text: '−5.000', x: 207, customData: 'b' },
  ]);
  const smoothed = metricFigure([run('a', [3, 1, 2])], options, { dark: false });
  expect(smoothed.data).toHaveLength(2);
  expect(valuesAt(smoothed.data, 0).map(({ traceIndex, x }) => [traceIndex, x])).toEqual([[1, 100]]);
});

test('a value has the unit of its axis, unless its template has one', () => {
  const curve = { type: 'scatter', x: [1], y: [62], hovertemplate: '%{y:.4g}' };
  const layout = { yaxis: { title: { text: 'accuracy (%)' } } };
  expect(
    valuesAt([curve, { ...curve, hovertemplate: '%{y:.0f} ms' }], 1, unitOf(layout)).map(({ text }) => text),
  ).toEqual(['62.00 %', '62 ms']);
  expect(unitOf({ yaxis: { title: { text: 'perplexity' } } })).toBe('');
});

test('the head says what the axis counts', () => {
  expect(hoverHead('step', 1207.4)).toBe('step 1,207');
  expect(hoverHead('time', 12.34)).toBe('after 12.3 s');
  expect(hoverHead('examples', 2048)).toBe('2,048 examples');
});

test('pixels and values of the axes of a drawn figure', () => {
  const axis = { _offset: 50, _length: 200, range: [0, 100], type: 'linear' };
  const geometry = geometryOf({
    _fullLayout: { xaxis: axis, yaxis: { ...axis, range: [-1, 1], type: 'log' }, _size: { t: 8, h: 300 } },
  });
  if (geometry === null) throw new Error('no geometry');
  expect(xAtPixel(geometry, 150)).toBe(50);
  expect(xAtPixel(geometry, 20)).toBeNull();
  expect(pixelOfX(geometry, 25)).toBe(100);
  expect(pixelOfX(geometry, 101)).toBeNull();
  expect(pixelOfY(geometry, 1)).toBe(150);
  expect(geometryOf({})).toBeNull();
});

test('a mean says half its interval, where it has one', () => {
  const mean = { type: 'scatter', x: [1, 2], y: [62, 64], hovertemplate: '%{y:.3g} ± %{customdata:.2g}' };
  const at = (x: number) => valuesAt([{ ...mean, customdata: [1.234, 0] }], x, '%').map(({ text }) => text);
  expect([...at(1), ...at(2)]).toEqual(['62.0 ± 1.2 %', '64.0 %']);
});
