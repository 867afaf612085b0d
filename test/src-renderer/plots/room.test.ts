import { expect, test } from 'vitest';
import { withRoom } from '../../../src-renderer/plots/room.ts';

const margin = { l: 56, r: 24, t: 16, b: 40 };
const width = (texts: readonly string[]) => 6 * Math.max(...texts.map(({ length }) => length));

test('an axis has room for its numbers, and for its title', () => {
  expect(withRoom({ margin, xaxis: { title: { text: 'step' } } }, width)).toMatchObject({
    margin: { l: 56, t: 16, b: 50 },
  });
  expect(withRoom({ margin: { ...margin, b: 24 }, xaxis: {} }, width)).toMatchObject({ margin: { b: 33 } });
});

test('names of rows have room at the left, a legend has it above', () => {
  const layout = {
    margin,
    showlegend: true,
    legend: { orientation: 'h', yanchor: 'bottom' },
    yaxis: { ticktext: ['Low third', 'Every other layer'] },
  };
  expect(withRoom(layout, width)).toMatchObject({ margin: { l: 6 * 17 + 36, t: 44, b: 40 } });
});

test('a margin that is wider, an axis without labels and one that keeps its margin stay', () => {
  const wide = { l: 200, r: 24, t: 64, b: 96 };
  expect(
    withRoom({ margin: wide, xaxis: { title: { text: 'step' } }, yaxis: { ticktext: ['a'] } }, width),
  ).toMatchObject({
    margin: wide,
  });
  const hidden = {
    margin,
    xaxis: { title: { text: 'x' }, automargin: false },
    yaxis: { ticktext: ['name'], showticklabels: false },
  };
  expect(withRoom(hidden, width)).toMatchObject({ margin });
});

test('a layout without margins is left to plotly', () => {
  const layout = { xaxis: { title: { text: 'step' } } };
  expect(withRoom(layout, width)).toBe(layout);
});
