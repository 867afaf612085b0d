// @vitest-environment happy-dom
import { within } from '@testing-library/react';
import { expect, test } from 'vitest';
import { FigureValues } from '../../../src-renderer/plots/figure-values.tsx';
import { renderInWindow } from '../window.tsx';

test('the values behind a figure are a table, with the axes for its heads; what is missing is left out', () => {
  const figure = {
    data: [{ name: 'LoRA', x: [0, 0.5, 1], y: [0.70512, null, 0.75], error_y: { array: [0.01, 0, 0.02] } }],
    layout: { xaxis: { title: { text: 'λ' } }, yaxis: { title: 'accuracy' } },
  };
  const view = renderInWindow(<FigureValues figure={figure} name="Interpolation" />);
  const table = view.getByRole('table', { name: 'Values of “Interpolation”' });
  const cells = within(table)
    .getAllByRole('row')
    .map((row) => [...row.children].map((cell) => cell.textContent));
  expect(cells).toEqual([
    ['Series', 'λ', 'accuracy', '±'],
    ['LoRA', '0', '0.70512', '0.01'],
    ['LoRA', '1', '0.75', '0.02'],
  ]);
});

test('shows the first of very many values, and says so', () => {
  const x = Array.from({ length: 420 }, (_, index) => index);
  const view = renderInWindow(<FigureValues figure={{ data: [{ name: 'loss', x, y: x }], layout: {} }} name="Loss" />);
  expect(view.getAllByRole('row')).toHaveLength(401);
  expect(view.getByText(/The first 400 of 420 values/)).toBeTruthy();
});
