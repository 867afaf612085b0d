import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { bicubicMatrix, patchAngles, squareGrid } from '../../../../src-main/engine/models/vision/positions.ts';
import { goldenPath, relativeDifference } from '../../golden.ts';

const grid = z.array(z.array(z.array(z.number())));
const cases = z
  .array(z.object({ antialias: z.boolean(), grid, resized: grid }))
  .parse(JSON.parse(readFileSync(goldenPath('misc', 'bicubic.json'), 'utf8')));

describe('positions of another grid', () => {
  it.each(cases.map((one) => ({ ...one, from: sizeOf(one.grid), to: sizeOf(one.resized) })))(
    'are those of torch: $from.height × $from.width to $to.height × $to.width, antialias $antialias',
    ({ antialias, grid: channels, resized, from, to }) => {
      const matrix = bicubicMatrix(from, to, antialias);
      for (const [index, channel] of channels.entries()) {
        const values = channel.flat();
        const actual = Array.from({ length: to.height * to.width }, (_, row) =>
          values.reduce((sum, value, place) => sum + value * (matrix[row * values.length + place] ?? 0), 0),
        );
        expect(relativeDifference(actual, (resized[index] ?? []).flat())).toBeLessThan(2e-6);
      }
    },
  );

  it('needs learned positions in a square', () => {
    expect(squareGrid(25, 'a').height).toBe(5);
    expect(() => squareGrid(24, 'a')).toThrow(/24 positions of patches are not a square/);
  });
});

it('turns patches by their place from −1 to 1, and leading tokens not at all', () => {
  const angles = patchAngles({ height: 1, width: 2 }, { leading: 1, headSize: 8, base: 100 });
  const turn = 2 * Math.PI;
  expect([...angles.slice(0, 4)]).toEqual([0, 0, 0, 0]);
  // One row is the middle; two columns are at −0.5 and 0.5; the frequencies are 1 and 1 / 10.
  expect(
    relativeDifference(angles.slice(4), [0, 0, -0.5 * turn, -0.05 * turn, 0, 0, 0.5 * turn, 0.05 * turn]),
  ).toBeLessThan(1e-6);
});

function sizeOf([rows = []]: readonly (readonly (readonly number[])[])[]): { height: number; width: number } {
  return { height: rows.length, width: rows[0]?.length ?? 0 };
}
