import type { TensorSource } from '../../tensors/safetensors.ts';
import { preNormMemory } from '../blocks/pre-norm-memory.ts';
import { TensorChecks } from '../check-tensors.ts';
import type { FamilyDescription, ModelFamily } from '../family.ts';
import type { ModelMemory } from '../memory.ts';
import { parseUseLiteConfig, type UseLiteConfig } from './config.ts';
import { useLiteBiases, useLiteLayer, useLiteLayerName, useLiteModules, useLiteNorms } from './modules.ts';

/** Universal Sentence Encoder Lite (Cer et al. 2018), as the studio converts it from its npm package. */
export const useLiteFamily: ModelFamily = {
  modelType: 'use-lite',
  isOwn: true,
  declaration: {
    id: 'use-lite',
    label: 'Universal Sentence Encoder Lite',
    summary: 'Small text encoder of two layers, for embeddings and classification.',
    paper: { title: 'Universal Sentence Encoder', url: 'https://arxiv.org/abs/1803.11175' },
    parameters: [],
  },
  describe: (file, weights) => describe(parseUseLiteConfig(file), weights),
  memory: (file, tokens) => memoryOf(parseUseLiteConfig(file), tokens),
  load: async (description, file, weights, options) => {
    const { loadUseLite } = await import('./load.ts');
    return loadUseLite(description, parseUseLiteConfig(file), weights, options);
  },
};

function describe(config: UseLiteConfig, weights: TensorSource): FamilyDescription {
  const linears = useLiteModules(config);
  const checks = new TensorChecks(weights);
  for (const module of linears) if (!module.isMissing) checks.expectModule(module);
  for (const { name, width } of useLiteNorms(config)) checks.expectNorm(name, width);
  checks.refuseUnknown('encoder.layers.', /$^/);
  return {
    architecture: 'UniversalSentenceEncoderLite',
    kind: 'embedding',
    layerCount: config.layerCount,
    hiddenSize: config.hiddenSize,
    labels: [],
    image: null,
    text: { vocabularySize: config.vocabularySize, maxPositions: config.maxPositions },
    linears,
    biases: useLiteBiases(config),
  };
}

function memoryOf(config: UseLiteConfig, tokens = config.maxPositions): ModelMemory {
  const { hiddenSize: hidden, innerSize: inner, heads } = config;
  return {
    inputs: (batch) => [batch * tokens, batch * tokens],
    layer: (index, batch, adapters) => {
      const name = (part: keyof typeof useLiteLayer) => `${useLiteLayerName(index)}.${useLiteLayer[part]}`;
      const [qkv, o] = [name('qkv'), name('o')];
      const names = { q: qkv, k: qkv, v: qkv, o, fc1: name('fc1'), fc2: name('fc2') };
      const memory = preNormMemory({ batch, tokens, hidden, inner, heads, onlyFirstToken: false }, names, adapters);
      // Queries, keys and values are cut out of one tensor, which is in hand as long.
      return { ...memory, working: [...memory.working, 3 * batch * tokens * hidden] };
    },
    head: (batch, outputs) => [3 * batch * hidden, batch * outputs, batch * outputs],
  };
}
