import { type LinearModule, plainLinear } from '../../../../src-shared/domain/models/model.ts';
import type { TensorSource } from '../../tensors/safetensors.ts';
import type { T5Config } from './config.ts';

/** The two stacks, in the order in which their layers run. */
export const stacks = ['encoder', 'decoder'] as const;
export type Stack = (typeof stacks)[number];

export const headName = 'lm_head';

/** Linears of an attention, by their part. */
export const attentionParts = ['q', 'k', 'v', 'o'] as const;

/** Names of a block's parts. A block of the decoder attends to the encoder's states between the other two. */
export function blockNames(stack: Stack, block: number) {
  const layer = (index: number) => `${stack}.block.${block}.layer.${index}`;
  const last = stack === 'encoder' ? 1 : 2;
  return {
    self: { norm: `${layer(0)}.layer_norm`, attention: `${layer(0)}.SelfAttention` },
    cross: stack === 'encoder' ? null : { norm: `${layer(1)}.layer_norm`, attention: `${layer(1)}.EncDecAttention` },
    feedForward: { norm: `${layer(last)}.layer_norm`, dense: `${layer(last)}.DenseReluDense` },
  };
}

/** Returns true if the rows of a module's inputs are the decoder's tokens. Keys and values of the encoder have the encoder's. */
export function isOfDecoder(name: string): boolean {
  return name.startsWith('decoder.') && !/\.EncDecAttention\.[kv]$/.test(name);
}

export function embeddingName(stack: Stack): string {
  return `${stack}.embed_tokens`;
}

/** The table of a stack's biases by distance, [buckets, heads]: its first block has it, and all share it. */
export function biasTable(stack: Stack): string {
  return `${blockNames(stack, 0).self.attention}.relative_attention_bias.weight`;
}

export function blockCount(config: T5Config, stack: Stack): number {
  return stack === 'encoder' ? config.encoderLayers : config.decoderLayers;
}

type Weights = Pick<TensorSource, 'has'>;

/** Key of the table of tokens, which both stacks share. Some checkpoints have it under the name of a stack alone. */
function tokenTable(weights: Weights): string {
  return ['shared', ...stacks.map(embeddingName)].find((key) => weights.has(`${key}.weight`)) ?? 'shared';
}

/** True if the head is the table of tokens: it is wherever the checkpoint has none. */
export function isTied(weights: Weights): boolean {
  return !weights.has(`${headName}.weight`);
}

/** Tables of tokens that a checkpoint stores beside the shared one. */
export function furtherTables(weights: Weights): string[] {
  const key = tokenTable(weights);
  return stacks.map(embeddingName).filter((name) => name !== key && weights.has(`${name}.weight`));
}

/** Embeddings, the linears of the encoder's blocks and of the decoder's, head: all modules that can be adapted. */
export function t5Modules(config: T5Config, weights: Weights): LinearModule[] {
  const { hiddenSize: hidden, innerSize: inner, vocabularySize, heads, headSize, isGated } = config;
  const width = heads * headSize;
  const linear = (name: string, layer: number | null, inFeatures: number, outFeatures: number): LinearModule => ({
    ...plainLinear,
    ...{ name, aliases: [], checkpointKey: name, layer, inFeatures, outFeatures, hasBias: false, isHead: false },
  });
  const table = tokenTable(weights);
  const modules = stacks.map((stack): LinearModule => {
    const module = linear(embeddingName(stack), null, vocabularySize, hidden);
    return { ...module, kind: 'embedding', checkpointKey: table };
  });
  let layer = 0;
  for (const stack of stacks)
    for (let block = 0; block < blockCount(config, stack); block++, layer++) {
      const { self, cross, feedForward } = blockNames(stack, block);
      for (const { attention } of cross === null ? [self] : [self, cross])
        for (const part of attentionParts)
          modules.push(
            part === 'o'
              ? linear(`${attention}.o`, layer, width, hidden)
              : linear(`${attention}.${part}`, layer, hidden, width),
          );
      for (const part of isGated ? ['wi_0', 'wi_1'] : ['wi'])
        modules.push(linear(`${feedForward.dense}.${part}`, layer, hidden, inner));
      modules.push({ ...linear(`${feedForward.dense}.wo`, layer, inner, hidden), keepsFloat32: true });
    }
  const head = linear(headName, null, hidden, vocabularySize);
  modules.push({ ...head, isHead: true, checkpointKey: isTied(weights) ? table : headName });
  return modules;
}

/** Names of all normalizations. */
export function t5Norms(config: T5Config): string[] {
  return stacks.flatMap((stack) => [
    ...Array.from({ length: blockCount(config, stack) }, (_, block) => {
      const { self, cross, feedForward } = blockNames(stack, block);
      return [self.norm, ...(cross === null ? [] : [cross.norm]), feedForward.norm];
    }).flat(),
    `${stack}.final_layer_norm`,
  ]);
}
