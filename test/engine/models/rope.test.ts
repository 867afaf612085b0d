import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { readRope, ropeKeys } from '../../../src-main/engine/models/decoder/rope.ts';
import { goldenPath, relativeDifference } from '../golden.ts';

const cases = z
  .array(
    z.object({
      parameters: ropeKeys.rope_parameters,
      max_position_embeddings: z.number(),
      head_dim: z.number(),
      tokens: z.number().nullable(),
      frequencies: z.array(z.number()),
      scale: z.number(),
    }),
  )
  .parse(JSON.parse(readFileSync(goldenPath('misc', 'rope.json'), 'utf8')))
  .map((one) => ({ ...one, what: JSON.stringify(one.parameters) }));
const file = { path: 'config.json', value: {} };

describe('RoPE scaling', () => {
  it.each(cases)('has the frequencies of transformers: $what', (golden) => {
    const { parameters, max_position_embeddings: maxPositions, head_dim: headSize, tokens } = golden;
    const rope = readRope(file, { rope_parameters: parameters }, { headSize, maxPositions, theta: 10_000 });
    expect(relativeDifference(rope.frequencies((tokens ?? 1) - 1), golden.frequencies)).toBeLessThan(1e-6);
    // The small ones too, which the largest hides.
    rope.frequencies((tokens ?? 1) - 1).forEach((value, index) => {
      expect(Math.abs(value / (golden.frequencies[index] ?? 0) - 1)).toBeLessThan(2e-6);
    });
    expect(rope.scale).toBeCloseTo(golden.scale, 12);
  });

  it('refuses another kind, naming the key', () => {
    const config = { rope_scaling: { rope_type: 'longrope' } };
    expect(() => readRope(file, config, { headSize: 64, maxPositions: 512, theta: 10_000 })).toThrow(
      'rope_scaling.rope_type',
    );
  });
});
