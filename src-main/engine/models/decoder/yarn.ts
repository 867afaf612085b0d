import { z } from 'zod';

/** Settings of YaRN besides `factor` and `original_max_position_embeddings`. */
export const yarnKeys = {
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
export function yarnFrequencies(
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
export function yarnScale({ attention_factor, mscale, mscale_all_dim }: YarnKeys, factor: number): number {
  if (attention_factor) return attention_factor;
  if (mscale && mscale_all_dim) return sharpness(factor, mscale) / sharpness(factor, mscale_all_dim);
  return sharpness(factor, 1);
}

function sharpness(factor: number, weight: number): number {
  return factor <= 1 ? 1 : 0.1 * weight * Math.log(factor) + 1;
}
