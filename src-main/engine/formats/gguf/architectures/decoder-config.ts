import type { GgufFile } from '../gguf-file.ts';
import { unsupportedGguf } from '../parse-error.ts';
import type { GgufArchitecture, HeadCounts } from './architecture.ts';
import { decoderModules } from './decoder-modules.ts';
import { ropeScaling } from './rope-scaling.ts';
import { shortest } from './shortest.ts';

export function layerCount({ metadata }: GgufFile): number {
  return metadata.requiredCount(`${architectureOf({ metadata })}.block_count`, 4096);
}

export function architectureOf({ metadata }: Pick<GgufFile, 'metadata'>): string {
  return metadata.requiredText('general.architecture');
}

/** @throws StudioError refused for layers that differ in their heads */
export function headCounts({ metadata }: GgufFile): HeadCounts {
  const prefix = architectureOf({ metadata });
  const atLeastOne = (key: string, value: number | null): number => value || metadata.requiredCount(key);
  const headKey = `${prefix}.attention.head_count`;
  const heads = atLeastOne(headKey, metadata.sameCount(headKey));
  const width = metadata.requiredCount(`${prefix}.embedding_length`);
  const lengthKey = `${prefix}.attention.key_length`;
  const headDimension = metadata.has(lengthKey) ? metadata.requiredCount(lengthKey) : Math.floor(width / heads);
  const valueLength = metadata.count(`${prefix}.attention.value_length`) ?? headDimension;
  if (valueLength !== headDimension)
    throw unsupportedGguf(
      metadata.path,
      `has keys of ${headDimension} and values of ${valueLength} features ("${prefix}.attention.value_length")`,
      'Only heads whose keys and values are equally wide are supported.',
    );
  const sharedKey = `${prefix}.attention.head_count_kv`;
  const keyValueHeads = metadata.has(sharedKey) ? atLeastOne(sharedKey, metadata.sameCount(sharedKey)) : heads;
  return { heads, keyValueHeads, headDimension };
}

/** Parts of most decoders' declarations. */
export const usualDecoder = {
  layersPrefix: 'model.layers',
  otherModules: decoderModules,
  configTensors: [],
  layerCount,
  headCounts,
} satisfies Partial<GgufArchitecture>;

interface ConfigOptions {
  /** Heads, where the layers differ; default: those of `headCounts`. */
  readonly heads?: HeadCounts;
  /** True for families that rotate a part of each head. */
  readonly isPartial?: boolean;
  readonly activation?: string;
  /** True for mixtures of experts. */
  readonly hasExperts?: boolean;
}

/** Common config of decoders, in keys that transformers 4 and 5 both read. */
export async function decoderConfig(
  file: GgufFile,
  { heads: counts = headCounts(file), isPartial = false, activation = 'silu', hasExperts = false }: ConfigOptions = {},
): Promise<Record<string, unknown>> {
  const { metadata, tensors } = file;
  const prefix = architectureOf(file);
  if (!hasExperts) refuseExperts(file, prefix);
  const { heads, keyValueHeads, headDimension } = counts;
  const rotated = metadata.count(`${prefix}.rope.dimension_count`) ?? headDimension;
  if (rotated !== headDimension && !isPartial)
    throw unsupportedGguf(
      metadata.path,
      `rotates ${rotated} of ${headDimension} features of a head ("${prefix}.rope.dimension_count")`,
      'Only models that rotate whole heads are supported.',
    );
  return {
    hidden_size: metadata.requiredCount(`${prefix}.embedding_length`),
    intermediate_size: metadata.requiredCount(`${prefix}.feed_forward_length`),
    num_hidden_layers: layerCount(file),
    num_attention_heads: heads,
    num_key_value_heads: keyValueHeads,
    head_dim: headDimension,
    hidden_act: activation,
    ...(isPartial ? { partial_rotary_factor: rotated / headDimension } : {}),
    rms_norm_eps: shortest(metadata.number(`${prefix}.attention.layer_norm_rms_epsilon`) ?? 1e-6),
    max_position_embeddings: metadata.requiredCount(`${prefix}.context_length`),
    rope_theta: shortest(metadata.number(`${prefix}.rope.freq_base`) ?? 10_000),
    rope_scaling: await ropeScaling(file, prefix, headDimension),
    tie_word_embeddings: !tensors.has('output.weight'),
    vocab_size: tensors.get('token_embd.weight')?.shape[0] ?? 0,
  };
}

/** Epsilon of layer norms. */
export function layerNormEpsilon(file: GgufFile): number {
  return shortest(file.metadata.number(`${architectureOf(file)}.attention.layer_norm_epsilon`) ?? 1e-5);
}

/** A number of the architecture's own; null where the file has none. */
export function ownNumber(file: GgufFile, key: string): number | null {
  const value = file.metadata.number(`${architectureOf(file)}.${key}`);
  return value === null ? null : shortest(value);
}

/** Number of experts in each layer; 0 without any. */
export function expertCount(file: Pick<GgufFile, 'metadata'>): number {
  return file.metadata.count(`${architectureOf(file)}.expert_count`) ?? 0;
}

/** Experts that compute a token. */
export function chosenExperts(file: GgufFile): number {
  return file.metadata.requiredCount(`${architectureOf(file)}.expert_used_count`, expertCount(file));
}

function refuseExperts({ metadata }: GgufFile, prefix: string): void {
  const experts = expertCount({ metadata });
  if (experts > 0)
    throw unsupportedGguf(
      metadata.path,
      `is a mixture of ${experts} experts ("${prefix}.expert_count")`,
      'Of this architecture, only models without experts are supported.',
    );
}
