import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { layeredRopeKeys, readLayeredRopes, readRope, ropeKeys } from '../../../src-main/engine/models/decoder/rope.ts';
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
    const config = { rope_scaling: { rope_type: 'proportional' } };
    expect(() => readRope(file, config, { headSize: 64, maxPositions: 512, theta: 10_000 })).toThrow(
      'rope_scaling.rope_type',
    );
  });
});

describe('rotations by type of layer', () => {
  const sizes = { headSize: 4, maxPositions: 32_768 };
  const read = (config: Readonly<Record<string, unknown>>) => {
    const [full, sliding] = readLayeredRopes(file, z.object(layeredRopeKeys).parse(config), sizes, {
      full: 1_000_000,
      sliding: 10_000,
    });
    return [[...full.frequencies(0)], [...sliding.frequencies(0)]];
  };
  /** θ^(−2i / 4), the second over the factor of the scaling. */
  const frequencies = (theta: number, factor = 1) => [1 / factor, theta ** -0.5 / factor].map(Math.fround);

  it('scale the full layers alone in configs before transformers 5', () => {
    const scaled = { rope_theta: 1_000_000, rope_local_base_freq: 40_000, rope_scaling: { type: 'linear', factor: 8 } };
    expect(read(scaled)).toEqual([frequencies(1_000_000, 8), frequencies(40_000)]);
    expect(read({})).toEqual([frequencies(1_000_000), frequencies(10_000)]);
  });

  it('are those of their type since transformers 5', () => {
    const full_attention = { rope_type: 'linear', factor: 4, rope_theta: 250_000 };
    const config = { rope_parameters: { full_attention, sliding_attention: { rope_theta: 2500 }, rope_theta: 9 } };
    expect(read(config)).toEqual([frequencies(250_000, 4), frequencies(2500)]);
  });

  it('are refused where one scaling stands for both', () => {
    const rope_parameters = { rope_type: 'linear', factor: 4, rope_theta: 10_000 };
    expect(() => read({ rope_parameters })).toThrow('rope_parameters.rope_type is "linear"');
  });
});
