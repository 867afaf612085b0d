import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import type { RotaryTable } from '../../ops/attention/rotary.ts';
import { unsupportedValue } from '../config-file.ts';
import type { ModelConfigFile } from '../family.ts';

/** Settings of YaRN besides `factor` and `original_max_position_embeddings`. */
const yarnKeys = {
  attention_factor: z.number().positive().nullish(),
  beta_fast: z.number().positive().nullish(),
  beta_slow: z.number().positive().nullish(),
  mscale: z.number().nullish(),
  mscale_all_dim: z.number().nullish(),
  truncate: z.boolean().nullish(),
};
type YarnKeys = z.infer<z.ZodObject<typeof yarnKeys>>;

/**
 * YaRN (Peng et al. 2023, arXiv:2309.00071) as in transformers: frequencies that turn more than `beta_fast` times within the
 * original length stay, those of fewer than `beta_slow` turns are divided by the factor, and those between are mixed.
 */
function yarnFrequencies(
  plain: Float32Array,
  settings: YarnKeys & {
    readonly factor: number;
    readonly original: number;
    readonly theta: number;
    readonly headSize: number;
  },
): Float32Array {
  const { factor, original, theta, headSize, beta_fast, beta_slow, truncate } = settings;
  const placeOf = (turns: number) => (headSize * Math.log(original / (turns * 2 * Math.PI))) / (2 * Math.log(theta));
  const isWhole = truncate ?? true;
  const [first, last] = [placeOf(beta_fast ?? 32), placeOf(beta_slow ?? 1)];
  const low = Math.max(isWhole ? Math.floor(first) : first, 0);
  const high = Math.min(isWhole ? Math.ceil(last) : last, headSize - 1);
  const width = high === low ? 0.001 : high - low;
  return plain.map((frequency, index) => {
    const divided = Math.min(1, Math.max(0, (index - low) / width));
    return (frequency / factor) * divided + frequency * (1 - divided);
  });
}

/** Returns the factor of cosines and sines that keeps attention equally sharp. */
function yarnScale({ attention_factor, mscale, mscale_all_dim }: YarnKeys, factor: number): number {
  if (attention_factor) return attention_factor;
  if (mscale && mscale_all_dim) return sharpness(factor, mscale) / sharpness(factor, mscale_all_dim);
  return sharpness(factor, 1);
}

function sharpness(factor: number, weight: number): number {
  return factor <= 1 ? 1 : 0.1 * weight * Math.log(factor) + 1;
}

/**
 * Frequencies of LongRoPE (Ding et al. 2024, arXiv:2402.13753) as in transformers: texts beyond the original length divide them
 * by other factors than shorter texts.
 */
function longRope(
  file: ModelConfigFile,
  key: string,
  given: z.infer<typeof scalingSchema>,
  { size, theta, maxPositions, original }: { size: number; theta: number; maxPositions: number; original: number },
): Rope {
  const divided = (name: 'short_factor' | 'long_factor') => {
    const factors = given[name];
    if (factors?.length !== size / 2)
      throw unsupportedValue(file, `${key}.${name}`, factors ?? null, `a list of ${size / 2} numbers`);
    return Float32Array.from(factors, (factor, index) =>
      Math.fround(1 / Math.fround(Math.fround(factor) * Math.fround(theta ** ((2 * index) / size)))),
    );
  };
  const [short, long] = [divided('short_factor'), divided('long_factor')];
  const factor = given.factor ?? maxPositions / original;
  const scale = factor <= 1 ? 1 : Math.sqrt(1 + Math.log(factor) / Math.log(original));
  return {
    headSize: size,
    frequencies: (highest) => (highest >= original ? long : short),
    scale: given.attention_factor ?? scale,
    changesAt: original,
  };
}

const scalingSchema = z.looseObject({
  rope_type: z.string().optional(),
  type: z.string().optional(),
  rope_theta: z.number().positive().optional(),
  factor: z.number().positive().optional(),
  low_freq_factor: z.number().positive().optional(),
  high_freq_factor: z.number().positive().optional(),
  original_max_position_embeddings: z.number().int().positive().optional(),
  partial_rotary_factor: z.number().optional(),
  short_factor: z.array(z.number().positive()).nullish(),
  long_factor: z.array(z.number().positive()).nullish(),
  ...yarnKeys,
});

/** Keys of the rotary settings: `rope_parameters` in transformers 5, `rope_theta` with `rope_scaling` before. */
export const ropeKeys = {
  rope_theta: z.number().positive().optional(),
  rope_scaling: scalingSchema.optional(),
  rope_parameters: scalingSchema.optional(),
  partial_rotary_factor: z.number().optional(),
  original_max_position_embeddings: z.number().int().positive().optional(),
};

/** Keys of models whose layers of either type have a rotation of their own; before transformers 5, scaling was of the full ones. */
export const layeredRopeKeys = {
  ...ropeKeys,
  rope_parameters: scalingSchema
    .extend({ full_attention: scalingSchema.nullish(), sliding_attention: scalingSchema.nullish() })
    .optional(),
  rope_local_base_freq: z.number().positive().optional(),
};

/**
 * Reads the rotations of full and of sliding attention.
 * @param thetas where the config has none
 * @param options.scalesBoth rope_scaling, of before transformers 5, is of both
 * @throws StudioError refused for a kind that is not supported, naming the key
 */
export function readLayeredRopes(
  file: ModelConfigFile,
  keys: z.infer<z.ZodObject<typeof layeredRopeKeys>>,
  sizes: { headSize: number; maxPositions: number },
  thetas: { full: number; sliding: number },
  { scalesBoth = false }: { scalesBoth?: boolean } = {},
): [full: Rope, sliding: Rope] {
  const { rope_scaling = {}, rope_theta, rope_local_base_freq, partial_rotary_factor } = keys;
  const given = keys.rope_parameters;
  const flat = given?.rope_type ?? given?.type ?? 'default';
  if (flat !== 'default' && !given?.full_attention)
    throw unsupportedValue(
      file,
      'rope_parameters.rope_type',
      flat,
      'a type for each of full_attention and sliding_attention',
    );
  const read = (parameters: z.infer<typeof scalingSchema>, theta: number) =>
    readRope(file, { rope_parameters: parameters, partial_rotary_factor }, { ...sizes, theta });
  return [
    read({ ...given?.full_attention, ...rope_scaling }, rope_theta ?? thetas.full),
    read({ ...given?.sliding_attention, ...(scalesBoth ? rope_scaling : {}) }, rope_local_base_freq ?? thetas.sliding),
  ];
}

/** Rotary position embedding (Su et al. 2021) with scaling. */
export interface Rope {
  /** Columns of a head that are rotated. */
  readonly headSize: number;
  /** Frequencies [headSize / 2] for sequences whose last position is `highest`. */
  frequencies(highest: number): Float32Array;
  /** Factor of cosines and sines; differs from 1 only with YaRN and LongRoPE. */
  readonly scale: number;
  /** Length in tokens beyond which all positions, earlier ones too, have other frequencies; absent: none. */
  readonly changesAt?: number;
  /** Further factor at a position (Llama 4's scaling of queries); absent: 1. */
  scaleAt?(position: number): number;
}

interface RopeConfig {
  readonly rope_theta?: number | undefined;
  readonly rope_scaling?: z.infer<typeof scalingSchema> | undefined;
  readonly rope_parameters?: z.infer<typeof scalingSchema> | undefined;
  readonly partial_rotary_factor?: number | undefined;
  readonly original_max_position_embeddings?: number | undefined;
}

/**
 * Reads the kinds default, linear (Chen et al. 2023), dynamic (NTK-aware), yarn (Peng et al. 2023), llama3 and longrope.
 * @param sizes `partial` is the default share of a head's columns that are rotated; absent: the family rotates whole heads
 * @throws StudioError refused for another kind, naming the key.
 */
export function readRope(
  file: ModelConfigFile,
  config: RopeConfig,
  sizes: { headSize: number; maxPositions: number; theta: number; partial?: number },
): Rope {
  const key = config.rope_parameters ? 'rope_parameters' : 'rope_scaling';
  const given = config.rope_parameters ?? config.rope_scaling ?? {};
  const partial = given.partial_rotary_factor ?? config.partial_rotary_factor ?? sizes.partial ?? 1;
  if (sizes.partial === undefined && partial !== 1) throw unsupportedValue(file, 'partial_rotary_factor', partial, '1');
  const theta = given.rope_theta ?? config.rope_theta ?? sizes.theta;
  const headSize = Math.trunc(sizes.headSize * partial);
  if (!(headSize > 0 && headSize <= sizes.headSize && headSize % 2 === 0))
    throw unsupportedValue(file, 'partial_rotary_factor', partial, 'a part of a head with an even number of columns');
  const { maxPositions } = sizes;
  const original = config.original_max_position_embeddings ?? given.original_max_position_embeddings ?? maxPositions;
  const named = given.rope_type ?? given.type ?? 'default';
  // Older names of LongRoPE, in configs of Phi-3.
  const kind = named === 'su' || (named === 'yarn' && given.long_factor) ? 'longrope' : named;
  const required = (name: 'factor' | 'low_freq_factor' | 'high_freq_factor') => {
    const value = given[name];
    if (value === undefined) throw unsupportedValue(file, `${key}.${name}`, null, `a number (for the type "${kind}")`);
    return value;
  };
  const fixed = (values: Float32Array, scale = 1): Rope => ({ headSize, frequencies: () => values, scale });
  const plain = frequenciesOf(theta, headSize);
  switch (kind) {
    case 'default':
      return fixed(plain);
    case 'linear': {
      const factor = required('factor');
      return fixed(plain.map((value) => value / factor));
    }
    case 'dynamic': {
      const factor = required('factor');
      const exponent = headSize / (headSize - 2);
      return {
        headSize,
        scale: 1,
        frequencies: (highest) => {
          const tokens = Math.max(highest + 1, maxPositions);
          if (tokens === maxPositions) return plain;
          return frequenciesOf(theta * ((factor * tokens) / maxPositions - (factor - 1)) ** exponent, headSize);
        },
      };
    }
    case 'llama3':
      return fixed(
        plain.map((frequency) =>
          stretchedByWavelength(frequency, {
            factor: required('factor'),
            low: required('low_freq_factor'),
            high: required('high_freq_factor'),
            original,
          }),
        ),
      );
    case 'yarn': {
      const factor = given.factor ?? maxPositions / original;
      return fixed(yarnFrequencies(plain, { ...given, factor, original, theta, headSize }), yarnScale(given, factor));
    }
    case 'longrope':
      return longRope(file, key, given, { size: headSize, theta, maxPositions, original });
    default: {
      const kinds = '"default", "linear", "dynamic", "yarn", "llama3" or "longrope"';
      throw unsupportedValue(file, `${key}.rope_type`, kind, kinds);
    }
  }
}

/** The table of each rope for these positions. */
export function rotaryTables(ropes: readonly Rope[], positions: Int32Array): RotaryTable[] {
  const highest = positions.reduce((most, position) => Math.max(most, position), 0);
  return ropes.map((rope) => rotaryTable(positions, rope.frequencies(highest), rope.scale, rope.scaleAt));
}

/** Cosines and sines for these positions, times `scale`: one row per position. Angles are float32, as in training. */
export function rotaryTable(
  positions: ArrayLike<number>,
  frequencies: Float32Array,
  scale = 1,
  scaleAt: (position: number) => number = () => 1,
): RotaryTable {
  const half = frequencies.length;
  const [cos, sin] = [new Float32Array(positions.length * half), new Float32Array(positions.length * half)];
  for (let row = 0; row < positions.length; row++) {
    const position = positions[row] ?? 0;
    const factor = scale * scaleAt(position);
    for (let index = 0; index < half; index++) {
      const angle = Math.fround(position * (frequencies[index] ?? 0));
      cos[row * half + index] = factor * Math.cos(angle);
      sin[row * half + index] = factor * Math.sin(angle);
    }
  }
  const shape: [number, number] = [positions.length, half];
  return { cos: tf.tensor2d(cos, shape), sin: tf.tensor2d(sin, shape) };
}

/** theta^(−2i / headSize) for i below headSize / 2. */
export function frequenciesOf(theta: number, headSize: number): Float32Array {
  return Float32Array.from({ length: headSize / 2 }, (_, index) => 1 / Math.fround(theta ** ((2 * index) / headSize)));
}

/** Llama 3.1's rule: short wavelengths stay, long ones are scaled by the factor, those between are interpolated. */
function stretchedByWavelength(
  frequency: number,
  { factor, low, high, original }: { factor: number; low: number; high: number; original: number },
): number {
  const wavelength = (2 * Math.PI) / frequency;
  if (wavelength > original / low) return frequency / factor;
  if (wavelength < original / high) return frequency;
  const smooth = (original / wavelength - low) / (high - low);
  return (1 - smooth) * (frequency / factor) + smooth * frequency;
}
