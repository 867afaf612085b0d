import { postNormMemory } from '../blocks/post-norm-memory.ts';
import { type ModelMemory, usualTokens } from '../memory.ts';
import { type EncoderPlan, layerName } from './plan.ts';

/** @param labelsTokens whether the head has outputs for each token */
export function encoderMemory(
  plan: EncoderPlan,
  tokens = Math.min(usualTokens, plan.maxTokens),
  labelsTokens = plan.labelsTokens !== undefined,
): ModelMemory {
  const { hiddenSize: hidden, innerSize: inner, heads, layerCount, relative } = plan;
  const distances = relative ? Math.min(2 * tokens - 1, 2 * relative.span) : 0;
  return {
    // Ids and mask; for relative positions, the rows in range and two one-hot matrices.
    inputs: (batch) => [batch * tokens, batch * tokens, distances * hidden, 2 * (2 * tokens - 1) * distances],
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
        onlyFirstToken: index === layerCount - 1 && !labelsTokens,
        distances,
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
