// @vitest-environment happy-dom
import { fireEvent } from '@testing-library/react';
import { expect, test } from 'vitest';
import { pixelsOfPoint } from '../../../src-renderer/plots/plot-geometry.ts';
import { PointKeys } from '../../../src-renderer/plots/point-keys.tsx';
import { renderInWindow } from '../window.tsx';

const figure = {
  data: [
    { name: 'band', x: [1, 2], y: [1, 2] },
    {
      name: 'LoRA',
      x: [-3.5, -1],
      y: [0.1, 1.1],
      customdata: [
        [0, 0],
        [0, 1],
      ],
      text: ['LoRA, seed 1', 'LoRA, seed 1'],
    },
    {
      name: 'CoTo',
      x: [-2, -0.5, 0],
      y: [0, 1, 2],
      customdata: [[1, 0], [1, 1], null],
      text: ['mean of 2', 'mean of 2', ''],
    },
  ],
  layout: { yaxis: { ticktext: ['Odd layers', 'Lower third'] } },
};

test('arrows lead over the points that carry data, say each, and Enter chooses it as a click does', () => {
  const chosen: unknown[] = [];
  const view = renderInWindow(
    <PointKeys
      figure={figure}
      name="Pruned"
      pixelOf={({ x, y }) => ({ x: Number(x) * 10, y: Number(y) * 10 })}
      onChoose={({ customData }) => chosen.push(customData)}
    />,
  );
  const keys = view.getByRole('button', { name: 'Points of “Pruned”' });
  const press = (key: string) => fireEvent.keyDown(keys, { key });
  const said = () => view.container.querySelector('[aria-live]')?.textContent;
  const ring = () => keys.querySelector<HTMLElement>('span[style]')?.style;
  expect(said()).toBe('');
  fireEvent.focus(keys);
  expect(said()).toBe('LoRA, seed 1, Odd layers, −3.5. Point 1 of 4. Enter chooses it.');
  expect(ring()?.left).toBe('-35px');
  press('ArrowRight');
  press('ArrowDown');
  expect(said()).toBe('CoTo, mean of 2, Lower third, −0.5. Point 4 of 4. Enter chooses it.');
  press('ArrowRight');
  press('Enter');
  press('ArrowUp');
  press('Home');
  press('Enter');
  expect(chosen).toEqual([
    [1, 1],
    [0, 0],
  ]);
  fireEvent.blur(keys);
  expect(said()).toBe('');
});

test('a point is placed by the axes of its trace, and nowhere where it is out of sight', () => {
  const axis = (offset: number, scale: number) => ({
    _offset: offset,
    _length: 100,
    d2p: (value: unknown) => Number(value) * scale,
  });
  const graph = { _fullLayout: { xaxis: axis(50, 10), yaxis: axis(5, 1), xaxis2: axis(200, 1) } };
  expect(pixelsOfPoint(graph, { x: 'x', y: 'y' }, { x: 4, y: 7 })).toEqual({ x: 90, y: 12 });
  expect(pixelsOfPoint(graph, { x: 'x2', y: 'y' }, { x: 4, y: 7 })).toEqual({ x: 204, y: 12 });
  expect(pixelsOfPoint(graph, { x: 'x', y: 'y' }, { x: 40, y: 7 })).toBeNull();
  expect(pixelsOfPoint(graph, { x: 'x', y: 'y3' }, { x: 4, y: 7 })).toBeNull();
  expect(pixelsOfPoint(null, { x: 'x', y: 'y' }, { x: 4, y: 7 })).toBeNull();
});
