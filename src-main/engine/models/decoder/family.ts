import type { Declaration } from '../../../../src-shared/domain/parameters/parameter.ts';
import type { TensorSource } from '../../tensors/safetensors.ts';
import { decoderMemory } from '../blocks/decoder-memory.ts';
import { TensorChecks } from '../check-tensors.ts';
import type { FamilyDescription, ModelFamily } from '../family.ts';
import { type ModelMemory, usualTokens } from '../memory.ts';
import { type DecoderConfig, type DecoderTraits, parseDecoderConfig } from './config.ts';
import { decoderLinearName, type decoderLinears, decoderModules } from './modules.ts';

/** A family of causal language models with the architecture of Llama (Touvron et al. 2023). */
export function decoderFamily(modelType: string, declaration: Declaration, traits: DecoderTraits): ModelFamily {
  return {
    modelType,
    declaration,
    describe: (file, weights) => describeDecoder(parseDecoderConfig(file, traits), weights),
    memory: (file, tokens) => memoryOf(parseDecoderConfig(file, traits), tokens),
    load: async (description, file, weights, options) => {
      const { loadDecoder } = await import('./load.ts');
      return loadDecoder(description, parseDecoderConfig(file, traits), weights, options);
    },
  };
}

function describeDecoder(config: DecoderConfig, weights: TensorSource): FamilyDescription {
  const { hiddenSize, layerCount, headSize } = config;
  const linears = decoderModules(config);
  const checks = new TensorChecks(weights);
  for (const module of linears)
    if (module.kind === 'linear' || !config.isTied || !module.isHead) checks.expectModule(module);
  checks.expectNorm('model.norm', hiddenSize, false);
  for (let layer = 0; layer < layerCount; layer++) {
    const key = `model.layers.${layer}`;
    checks.expectNorm(`${key}.input_layernorm`, hiddenSize, false);
    checks.expectNorm(`${key}.post_attention_layernorm`, hiddenSize, false);
    if (!config.hasHeadNorms) continue;
    checks.expectNorm(`${key}.self_attn.q_norm`, headSize, false);
    checks.expectNorm(`${key}.self_attn.k_norm`, headSize, false);
  }
  checks.refuseUnknown('model.layers.', /\.rotary_emb\.inv_freq$/);
  return {
    architecture: config.architecture,
    kind: 'causal-lm',
    layerCount,
    hiddenSize,
    labels: [],
    image: null,
    text: { vocabularySize: config.vocabularySize, maxPositions: config.maxPositions },
    linears,
  };
}

function memoryOf(config: DecoderConfig, tokens = Math.min(usualTokens, config.maxPositions)): ModelMemory {
  const { hiddenSize: hidden, intermediateSize: inner, heads, keyValueHeads, headSize } = config;
  return {
    inputs: (batch) => [batch * tokens, batch * tokens, 2 * tokens * headSize],
    layer: (index, batch, adapters) => {
      const name = (role: keyof typeof decoderLinears) => decoderLinearName(index, role);
      const names = {
        q: name('q'),
        k: name('k'),
        v: name('v'),
        o: name('o'),
        gate: name('gate'),
        up: name('up'),
        down: name('down'),
      };
      const sizes = { batch, tokens, hidden, inner, heads, keyValueSize: keyValueHeads * headSize };
      return decoderMemory(sizes, names, adapters);
    },
    // The last states, normalized, and their gradient; logits are computed in blocks.
    head: (batch) => [batch * tokens * hidden, batch * tokens * hidden],
  };
}
