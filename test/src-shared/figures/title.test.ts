import { expect, test } from 'vitest';
import { plainText, splitTitle, titleHeight } from '../../../src-shared/figures/index.ts';
import { baseLayout, legendMargin } from '../../../src-shared/figures/layout.ts';

test('a title leaves the plot as text, with its room', () => {
  const name = 'Loss of <b>R&D</b> &amp; more';
  const figure = baseLayout({ dark: false }, plainText(name), { margin: { l: 8, r: 8, t: legendMargin, b: 8 } });
  const { title, layout } = splitTitle(figure);
  expect(title).toBe(name);
  expect(layout).not.toHaveProperty('title');
  expect(layout).toMatchObject({ margin: { l: 8, t: legendMargin - titleHeight }, showlegend: false });
});

test('inside an image it begins at the left edge of the figure, wherever the plot begins', () => {
  expect(baseLayout({ dark: true }, 'Loss')['title']).toMatchObject({ x: 0, xref: 'container', xanchor: 'left' });
});

test('a layout without a title stays as it is', () => {
  const layout = { margin: { t: 44 } };
  expect(splitTitle(layout)).toEqual({ title: '', layout });
});
