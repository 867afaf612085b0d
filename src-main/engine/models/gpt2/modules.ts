import { type BiasVector, type LinearModule, plainLinear } from '../../../../src-shared/domain/models/model.ts';
import type { TensorSource } from '../../tensors/safetensors.ts';
import type { Gpt2Config } from './config.ts';

export const tokenTable = 'transformer.wte';
export const positionTable = 'transformer.wpe';
export const headName = 'lm_head';
const languageHead = { name: headName, hasBias: false };

/** The oldest checkpoints are of the bare model: their keys lack the prefix `transformer.`. */
export function checkpointPrefix(weights: Pick<TensorSource, 'has'>): string {
  return weights.has('transformer.wte.weight') ? 'transformer.' : '';
}

/**
 * Embeddings, the layers' linears, head: all modules that can be adapted. The layers' linears are Conv1D, stored [in,
 * out].
 */
export function gpt2Modules(config: Gpt2Config, prefix: string): LinearModule[] {
  const { hiddenSize: hidden, innerSize: inner, vocabularySize, maxPositions } = config;
  const table = (name: string, inFeatures: number): LinearModule => ({
    name,
    aliases: [],
    checkpointKey: prefix + name.slice('transformer.'.length),
    layer: null,
    inFeatures,
    outFeatures: hidden,
    hasBias: false,
    isHead: false,
    ...plainLinear,
    kind: 'embedding',
  });
  const modules = [table(tokenTable, vocabularySize), table(positionTable, maxPositions)];
  for (let layer = 0; layer < config.layerCount; layer++)
    for (const [name, inFeatures, outFeatures] of [
      ['attn.c_attn', hidden, 3 * hidden],
      ['attn.c_proj', hidden, hidden],
      ['mlp.c_fc', hidden, inner],
      ['mlp.c_proj', inner, hidden],
    ] as const)
      modules.push({
        name: `transformer.h.${layer}.${name}`,
        aliases: [],
        checkpointKey: `${prefix}h.${layer}.${name}`,
        layer,
        inFeatures,
        outFeatures,
        hasBias: true,
        isHead: false,
        ...plainLinear,
        fanInFanOut: true,
      });
  const { name, outFeatures, hasBias } = config.classifier?.linear ?? { ...languageHead, outFeatures: vocabularySize };
  const isShared = config.classifier === null && config.isTied;
  modules.push({
    name,
    aliases: [],
    checkpointKey: isShared ? `${prefix}wte` : name,
    layer: null,
    inFeatures: hidden,
    outFeatures,
    hasBias,
    isHead: true,
    ...plainLinear,
  });
  return modules;
}

/** Shifts of the normalizations. */
export function gpt2Biases({ hiddenSize: size, layerCount }: Gpt2Config, prefix: string): BiasVector[] {
  const norms = Array.from({ length: layerCount }, (_, layer) => [`h.${layer}.ln_1`, `h.${layer}.ln_2`]).flat();
  return [...norms, 'ln_f'].map((norm) => ({
    name: `transformer.${norm}.bias`,
    aliases: [],
    checkpointKey: `${prefix}${norm}.bias`,
    size,
  }));
}
