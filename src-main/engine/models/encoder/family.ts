import type { TensorSource } from '../../tensors/safetensors.ts';
import { postNormMemory } from '../blocks/post-norm-memory.ts';
import { TensorChecks } from '../check-tensors.ts';
import type { FamilyDeclaration, FamilyDescription, ModelConfigFile, ModelFamily } from '../family.ts';
import { type ModelMemory, usualTokens } from '../memory.ts';
import { withCurrentNames } from './legacy-names.ts';
import { checkpointKey, encoderBiases, encoderModules, encoderNorms } from './modules.ts';
import { describeHead, ownLabelCount, withOwnHead } from './own-head.ts';
import { type EncoderPlan, layerName } from './plan.ts';

/** A family of encoders with the architecture of BERT (Devlin et al. 2019). */
export function encoderFamily(
  modelType: string,
  declaration: FamilyDeclaration,
  planOfSequences: (file: ModelConfigFile) => EncoderPlan,
): ModelFamily {
  const planOf = (file: ModelConfigFile) => withOwnHead(file, planOfSequences(file));
  return {
    modelType,
    declaration,
    describe: (file, weights) => describeEncoder(planOf(file), withCurrentNames(weights)),
    memory: (file, { tokens, ofTokens = false } = {}) => {
      const plan = planOf(file);
      return encoderMemory(plan, tokens, ofTokens || plan.labelsTokens !== undefined);
    },
    load: async (description, file, weights, options) => {
      const { loadEncoder } = await import('./load.ts');
      return loadEncoder(description, planOf(file), withCurrentNames(weights), options);
    },
  };
}

/**
 * Heads of pre-training and other tasks are ignored: without a classifier the encoder is described as an embedding model.
 */
function describeEncoder(plan: EncoderPlan, weights: TensorSource): FamilyDescription {
  const { hiddenSize, relative, layers } = plan;
  const linears = encoderModules(plan, weights);
  const key = (name: string) => checkpointKey(plan, weights, name);
  const checks = new TensorChecks(weights);
  for (const module of linears) if (!module.isMissing) checks.expectModule(module);
  for (const { name, size } of encoderNorms(plan)) checks.expectNorm(key(name), size);
  if (relative) checks.expect(key(`${plan.prefix}.encoder.rel_embeddings.weight`), [2 * relative.span, hiddenSize]);
  if (plan.bias) checks.expect(key(`${plan.prefix}.${plan.bias.name}.weight`), [plan.bias.rows, plan.heads]);
  checks.refuseUnknown(key(`${plan.prefix}.${layers[0]?.replace(/\d.*$/, '')}`), /\.position_ids$/);
  const labelCount = ownLabelCount(plan, weights);
  return {
    architecture: plan.architecture,
    ...describeHead(plan, labelCount),
    layerCount: layers.length,
    hiddenSize,
    image: null,
    text: { vocabularySize: plan.vocabularySize, maxPositions: plan.maxTokens },
    linears,
    biases: encoderBiases(plan, weights),
  };
}

/** @param labelsTokens whether the head has outputs for each token */
function encoderMemory(
  plan: EncoderPlan,
  tokens = Math.min(usualTokens, plan.maxTokens),
  labelsTokens = plan.labelsTokens !== undefined,
): ModelMemory {
  const { hiddenSize: hidden, innerSize: inner, heads, layers, relative } = plan;
  const distances = relative ? Math.min(2 * tokens - 1, 2 * relative.span) : 0;
  return {
    // Ids and mask; for relative positions, the rows in range and two one-hot matrices; biases by distance.
    inputs: (batch) => [
      ...[batch * tokens, batch * tokens, distances * hidden, 2 * (2 * tokens - 1) * distances],
      ...(plan.bias ? [heads * tokens * tokens] : []),
    ],
    layer: (index, batch, adapters) => {
      const name = (part: string) => `${layerName(plan, index)}.${part}`;
      const names = {
        q: name(plan.names.q),
        k: name(plan.names.k),
        v: name(plan.names.v),
        o: name(plan.names.o),
        fc1: name(plan.names.fc1),
        fc2: name(plan.names.fc2),
      };
      const sizes = {
        batch,
        tokens,
        hidden,
        inner,
        heads,
        onlyFirstToken: index === layers.length - 1 && !labelsTokens,
        distances,
        hasBias: plan.bias !== undefined,
      };
      return postNormMemory(sizes, names, adapters);
    },
    // The last state of the first token (or of all) and the outputs of each part of the head; the logits and their gradient.
    head: (batch, outputs) => {
      const rows = labelsTokens ? batch * tokens : batch;
      const parts = labelsTokens ? [2 * rows * hidden] : plan.head.map(() => 2 * rows * hidden);
      return [...parts, rows * outputs, rows * outputs];
    },
  };
}
