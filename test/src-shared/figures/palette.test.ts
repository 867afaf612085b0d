import { describe, expect, test } from 'vitest';
import { neutralColors, sequentialColor, seriesColors, themeColors } from '../../../src-shared/figures/palette.ts';
import { contrast, difference, visions } from '../../color-vision.ts';

describe.each([
  { name: 'light', theme: { dark: false } },
  { name: 'dark', theme: { dark: true } },
])('figures of the $name theme', ({ theme }) => {
  const { further, ...meant } = seriesColors(theme);
  const series = [...new Set([...Object.values(meant), ...further])];
  const { text, quiet, surface, on, off } = themeColors(theme);

  test('lines and bars have a contrast of 3 : 1 to their surface', () => {
    const { main, second } = neutralColors(theme);
    const faint = [...series, main, second].filter((color) => contrast(color, surface) < 3);
    expect(faint).toEqual([]);
    expect(contrast(on, off)).toBeGreaterThan(3);
    expect(contrast(main, second)).toBeGreaterThan(1.7);
  });

  test('text has 4.5 : 1', () => {
    for (const color of [text, quiet]) expect(contrast(color, surface)).toBeGreaterThan(4.5);
  });

  test.each(Object.keys(visions))('any two series are told apart with %s', (vision) => {
    expect(series).toHaveLength(8);
    const alike = series.flatMap((one, at) =>
      series
        .slice(at + 1)
        .filter((other) => difference(one, other, vision) < 5.9)
        .map((other) => `${one} and ${other}: ${difference(one, other, vision).toFixed(1)}`),
    );
    expect(alike).toEqual([]);
  });
});

test.each([{ dark: false }, { dark: true }])('no value of a heat map looks like none, dark: $dark', (theme) => {
  const { none } = themeColors(theme);
  const least = Object.keys(visions).map((vision) =>
    Math.min(...Array.from({ length: 65 }, (_, at) => difference(none, hex(sequentialColor(at / 64)), vision))),
  );
  expect(Math.min(...least)).toBeGreaterThan(4.5);
});

/** `rgb(1,2,3)` as `#010203`. */
function hex(color: string): string {
  const channels = color.match(/\d+/g) ?? [];
  return `#${channels.map((channel) => Number(channel).toString(16).padStart(2, '0')).join('')}`;
}

test('the simulation makes red and green alike to eyes without cones for one of them', () => {
  expect(difference('#a0522d', '#5a6e2d', 'full color vision')).toBeGreaterThan(10);
  expect(difference('#a0522d', '#5a6e2d', 'deuteranopia')).toBeLessThan(7);
  expect(difference('#3030c0', '#c0c030', 'deuteranopia')).toBeGreaterThan(30);
  expect(difference('#000000', '#ffffff', 'protanopia')).toBeCloseTo(100, 0);
});
