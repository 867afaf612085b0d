import { anyLength } from '../../../../src-shared/domain/models/model.ts';
import type { TensorSource } from '../../tensors/safetensors.ts';
import { TensorChecks } from '../check-tensors.ts';
import type { FamilyDescription, ModelFamily } from '../family.ts';
import { parseT5Config, type T5Config } from './config.ts';
import { t5Memory } from './memory.ts';
import { biasTable, furtherTables, isTied, stacks, t5Modules, t5Norms } from './modules.ts';

/** T5 (Raffel et al. 2020), T5 1.1 and Flan-T5, with the checkpoints of `T5ForConditionalGeneration`. */
export const t5Family: ModelFamily = {
  modelType: 't5',
  declaration: {
    id: 't5',
    label: 'T5',
    checkpoints: ['google/flan-t5-small', 'google/flan-t5-base'],
    summary: 'Text-to-text model: an encoder reads the input, a decoder writes the output; also T5 1.1 and Flan-T5.',
    paper: {
      title: 'Exploring the Limits of Transfer Learning with a Unified Text-to-Text Transformer',
      url: 'https://arxiv.org/abs/1910.10683',
    },
  },
  describe: (file, weights) => describe(parseT5Config(file), weights),
  memory: (file, { tokens, targetTokens } = {}) => t5Memory(parseT5Config(file), tokens, targetTokens),
  load: async (description, file, weights, options) => {
    const { loadT5 } = await import('./load.ts');
    return loadT5(description, parseT5Config(file), weights, options);
  },
};

function describe(config: T5Config, weights: TensorSource): FamilyDescription {
  const { hiddenSize, vocabularySize, buckets, heads } = config;
  const linears = t5Modules(config, weights);
  const checks = new TensorChecks(weights);
  for (const module of linears) if (!module.isHead || !isTied(weights)) checks.expectModule(module);
  for (const name of furtherTables(weights)) checks.expect(`${name}.weight`, [vocabularySize, hiddenSize]);
  for (const name of t5Norms(config)) checks.expectNorm(name, hiddenSize, false);
  for (const stack of stacks) {
    checks.expect(biasTable(stack), [buckets, heads]);
    // Old checkpoints have a table for attention to the encoder, which was never used.
    checks.refuseUnknown(
      `${stack}.`,
      /^decoder\.block\.0\.layer\.1\.EncDecAttention\.relative_attention_bias\.weight$/,
    );
  }
  return {
    architecture: config.architecture,
    kind: 'seq2seq-lm',
    layerCount: config.encoderLayers + config.decoderLayers,
    hiddenSize,
    labels: [],
    image: null,
    text: { vocabularySize, maxPositions: anyLength },
    linears,
  };
}
