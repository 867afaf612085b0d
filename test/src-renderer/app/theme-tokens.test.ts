import { describe, expect, test } from 'vitest';
import {
  darkContrast,
  darkGreys,
  darkTokens,
  lightContrast,
  lightTokens,
} from '../../../src-renderer/app/theme-tokens.ts';
import { contrast } from '../../color-vision.ts';

type Token = keyof typeof lightTokens;

const surfaces: readonly Token[] = [
  '--mantine-color-body',
  '--studio-canvas',
  '--studio-rail',
  '--studio-surface',
  '--studio-input',
  '--studio-track',
  '--studio-hover',
  '--studio-selected',
];
const texts: readonly Token[] = [
  '--mantine-color-text',
  '--mantine-color-dimmed',
  '--mantine-color-placeholder',
  '--studio-accent-text',
  '--studio-failure',
  '--studio-warning',
  '--studio-success',
];
/** Backgrounds of fields and segments: a page, a panel, their own fill. */
const grounds: readonly Token[] = ['--studio-canvas', '--studio-surface', '--studio-input', '--studio-track'];
const marks: readonly Token[] = ['--studio-control', '--studio-accent-text', '--studio-coto'];

describe.each([
  { theme: 'light', tokens: lightTokens },
  { theme: 'dark', tokens: darkTokens },
])('the $theme theme', ({ tokens }) => {
  const tooFaint = (fronts: readonly Token[], backs: readonly Token[], least: number) =>
    fronts.flatMap((front) =>
      backs
        .filter((back) => contrast(tokens[front], tokens[back]) < least)
        .map((back) => `${front} on ${back}: ${contrast(tokens[front], tokens[back]).toFixed(2)}`),
    );

  test('text has 4.5 : 1 on every surface', () => {
    expect(tooFaint(texts, surfaces, 4.5)).toEqual([]);
  });

  test('identifying marks of controls and series have 3 : 1', () => {
    expect(tooFaint(marks, grounds, 3)).toEqual([]);
  });

  test("CoTo's mark is read on rows, chosen ones too", () => {
    expect(tooFaint(['--studio-coto'], ['--studio-surface', '--studio-hover', '--studio-selected'], 4)).toEqual([]);
  });
});

describe.each([
  { theme: 'light', tokens: { ...lightTokens, ...lightContrast } },
  { theme: 'dark', tokens: { ...darkTokens, ...darkContrast } },
])('the $theme theme with more contrast', ({ tokens }) => {
  test.each([
    { what: 'text', fronts: texts, least: 7 },
    { what: 'outlines of controls', fronts: ['--studio-control', '--studio-accent-text'] as const, least: 4.5 },
    { what: 'hairlines', fronts: ['--studio-line', '--mantine-color-default-border'] as const, least: 3 },
  ])('$what have $least : 1', ({ fronts, least }) => {
    const tooFaint = fronts.flatMap((front) =>
      surfaces.flatMap((back) => {
        const ratio = contrast(tokens[front], tokens[back]);
        return ratio < least ? [`${front} on ${back}: ${ratio.toFixed(2)}`] : [];
      }),
    );
    expect(tooFaint).toEqual([]);
  });
});

test('the greys of the dark theme are cool, from light to dark', () => {
  const channels = darkGreys.map((grey) => [1, 3, 5].map((at) => Number.parseInt(grey.slice(at, at + 2), 16)));
  for (const [red = 0, green = 0, blue = 0] of channels) expect(red <= green && green < blue).toBe(true);
  const reds = channels.map(([red]) => red ?? 0);
  expect(reds).toEqual([...reds].sort((one, other) => other - one));
});
