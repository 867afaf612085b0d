import type { TensorSource } from '../../tensors/safetensors.ts';
import { preNormMemory } from '../blocks/pre-norm-memory.ts';
import { TensorChecks } from '../check-tensors.ts';
import { headDescription } from '../decoder/own-head.ts';
import type { FamilyDescription, ModelFamily } from '../family.ts';
import { type ModelMemory, usualTokens } from '../memory.ts';
import { type Gpt2Config, parseGpt2Config } from './config.ts';
import { checkpointPrefix, gpt2Biases, gpt2Modules, headName } from './modules.ts';

/** GPT-2 (Radford et al. 2019), with the checkpoints of `GPT2LMHeadModel` and of the bare `GPT2Model`. */
export const gpt2Family: ModelFamily = {
  modelType: 'gpt2',
  declaration: {
    id: 'gpt2',
    label: 'GPT-2',
    checkpoints: ['openai-community/gpt2', 'distilbert/distilgpt2'],
    summary: 'Language model with learned positions and one linear for queries, keys and values; also DistilGPT2.',
    paper: {
      title: 'Language Models are Unsupervised Multitask Learners',
      url: 'https://openai.com/index/better-language-models/',
    },
  },
  describe: (file, weights) => describe(parseGpt2Config(file), weights),
  memory: (file, { tokens } = {}) => memoryOf(parseGpt2Config(file), tokens),
  load: async (description, file, weights, options) => {
    const { loadGpt2 } = await import('./load.ts');
    return loadGpt2(description, parseGpt2Config(file), weights, options);
  },
};

function describe(config: Gpt2Config, weights: TensorSource): FamilyDescription {
  const { hiddenSize, layerCount } = config;
  const prefix = checkpointPrefix(weights);
  const linears = gpt2Modules(config, prefix);
  const checks = new TensorChecks(weights);
  for (const module of linears) if (!config.isTied || !module.isHead || config.classifier) checks.expectModule(module);
  checks.expectNorm(`${prefix}ln_f`, hiddenSize);
  for (let layer = 0; layer < layerCount; layer++) {
    checks.expectNorm(`${prefix}h.${layer}.ln_1`, hiddenSize);
    checks.expectNorm(`${prefix}h.${layer}.ln_2`, hiddenSize);
  }
  // Causal masks stored in old checkpoints.
  checks.refuseUnknown(`${prefix}h.`, /\.attn\.(masked_)?bias$/);
  return {
    architecture: config.architecture,
    ...headDescription({ head: headName, classifier: config.classifier }),
    layerCount,
    hiddenSize,
    image: null,
    text: { vocabularySize: config.vocabularySize, maxPositions: config.maxPositions },
    linears,
    biases: gpt2Biases(config, prefix),
  };
}

function memoryOf(config: Gpt2Config, tokens = Math.min(usualTokens, config.maxPositions)): ModelMemory {
  const { hiddenSize: hidden, innerSize: inner, heads } = config;
  return {
    inputs: (batch) => [batch * tokens, batch * tokens],
    layer: (index, batch, adapters) => {
      const name = (end: string) => `transformer.h.${index}.${end}`;
      const [qkv, o] = [name('attn.c_attn'), name('attn.c_proj')];
      const names = { q: qkv, k: qkv, v: qkv, o, fc1: name('mlp.c_fc'), fc2: name('mlp.c_proj') };
      const memory = preNormMemory({ batch, tokens, hidden, inner, heads, onlyFirstToken: false }, names, adapters);
      // Queries, keys and values are slices of one tensor, which is in memory as long.
      return { ...memory, working: [...memory.working, 3 * batch * tokens * hidden] };
    },
    head: (batch) => [batch * tokens * hidden, batch * tokens * hidden],
  };
}
