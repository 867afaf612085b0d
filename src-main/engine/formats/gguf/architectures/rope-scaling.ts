import type { GgufFile } from '../gguf-file.ts';
import { ggufParseError, unsupportedGguf } from '../parse-error.ts';
import { readTensor, requireTensor, valueCount } from '../tensor-values.ts';
import { shortest } from './shortest.ts';

/** Wavelengths between which Llama 3.1 to 3.3 change from unscaled to scaled frequencies. */
const llama3Bands = { low_freq_factor: 1, high_freq_factor: 4 };
const llama3Context = 8192;

/** transformers' `rope_scaling`: linear by its key, llama3 by the tensor of divisors that llama.cpp stores. */
export async function ropeScaling(
  file: GgufFile,
  prefix: string,
  headDimension: number,
): Promise<Record<string, unknown> | null> {
  const { metadata, tensors } = file;
  if (tensors.has('rope_freqs.weight')) return llama3Scaling(file, prefix, headDimension);
  const key = `${prefix}.rope.scaling.type`;
  const type = metadata.text(key);
  // Older files have the factor only.
  const factor =
    metadata.number(`${prefix}.rope.scaling.factor`) ?? metadata.number(`${prefix}.rope.scale_linear`) ?? 1;
  if (type === 'none' || factor === 1) return null;
  if (type === null || type === 'linear') return { type: 'linear', rope_type: 'linear', factor: shortest(factor) };
  if (type === 'yarn') return yarnScaling(file, prefix, factor);
  throw unsupportedGguf(
    metadata.path,
    `scales its positions by "${type}" ("${key}")`,
    'Supported are linear scaling, YaRN and that of Llama 3.',
  );
}

/** YaRN, whose attention is scaled by the factor alone, or not at all where the file has the multiplier of its logarithm. */
function yarnScaling({ metadata }: GgufFile, prefix: string, factor: number): Record<string, unknown> {
  const number = (key: string) => metadata.number(`${prefix}.rope.scaling.${key}`);
  const attention = number('attn_factor') ?? 1;
  if (attention !== 1)
    throw unsupportedGguf(
      metadata.path,
      `scales attention by ${attention} ("${prefix}.rope.scaling.attn_factor")`,
      'The original Hugging Face folder of the model can be used instead.',
    );
  const multiplier = number('yarn_log_multiplier');
  return {
    type: 'yarn',
    rope_type: 'yarn',
    factor: shortest(factor),
    original_max_position_embeddings: metadata.requiredCount(`${prefix}.rope.scaling.original_context_length`),
    beta_fast: shortest(number('yarn_beta_fast') ?? 32),
    beta_slow: shortest(number('yarn_beta_slow') ?? 1),
    ...(multiplier ? { mscale: shortest(multiplier), mscale_all_dim: shortest(multiplier) } : {}),
  };
}

async function llama3Scaling(file: GgufFile, prefix: string, headDimension: number): Promise<Record<string, unknown>> {
  const { metadata } = file;
  const tensor = requireTensor(file, 'rope_freqs.weight');
  if (valueCount(tensor) !== headDimension / 2)
    throw ggufParseError(
      metadata.path,
      `has ${valueCount(tensor)} values in tensor "${tensor.name}" where heads of ${headDimension} need ${headDimension / 2}`,
    );
  const { data } = await readTensor(file, tensor.name);
  const base = metadata.number(`${prefix}.rope.freq_base`) ?? 10_000;
  const factor = shortest(data.reduce((largest, value) => Math.max(largest, value), 1));
  const stated = metadata.count(`${prefix}.rope.scaling.original_context_length`);
  for (const original of stated === null ? [llama3Context] : [stated, llama3Context]) {
    const wanted = divisors({ base, factor, original, headDimension });
    if (wanted.every((value, index) => close(value, data[index] ?? 0)))
      return {
        type: 'llama3',
        rope_type: 'llama3',
        factor,
        ...llama3Bands,
        original_max_position_embeddings: original,
      };
  }
  throw unsupportedGguf(
    metadata.path,
    'scales its positions by "rope_freqs.weight" in another way than Llama 3 does',
    'Supported are linear scaling and that of Llama 3.',
  );
}

/** Divisors of Llama 3's frequencies (transformers' "llama3" RoPE parameters). */
function divisors(rope: { base: number; factor: number; original: number; headDimension: number }): number[] {
  const { base, factor, original, headDimension } = rope;
  const { low_freq_factor: low, high_freq_factor: high } = llama3Bands;
  return Array.from({ length: headDimension / 2 }, (_, index) => {
    const wavelength = 2 * Math.PI * base ** ((2 * index) / headDimension);
    if (wavelength < original / high) return 1;
    if (wavelength > original / low) return factor;
    const smooth = (original / wavelength - low) / (high - low);
    return 1 / ((1 - smooth) / factor + smooth);
  });
}

function close(one: number, other: number): boolean {
  return Math.abs(one - other) <= 1e-4 * Math.abs(one);
}
