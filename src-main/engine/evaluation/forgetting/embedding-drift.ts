import { outputsOfBatches } from './head-outputs.ts';
import type { OpenForgettingMeasure } from './measure.ts';
import { sentenceBatches } from './sentence-batches.ts';

/** Mean cosine distance of an encoder's sentence embeddings from the base's, on the sentences of the neutral text. */
export const embeddingDrift: OpenForgettingMeasure = async (material) => {
  const { kind, text, image } = material.base.description;
  if (kind !== 'embedding' || text === null || image !== null) return null;
  const { batches, count, inputsHash } = await sentenceBatches(material);
  return {
    id: 'embedding-drift',
    count,
    inputsHash,
    outputs: (model, options) => outputsOfBatches(model, batches, options),
    value(outputs, ofBase) {
      const width = outputs.length / count;
      let sum = 0;
      for (let row = 0; row < count; row++) {
        const [one, other] = [outputs, ofBase].map((all) => all.subarray(row * width, (row + 1) * width));
        if (one && other) sum += 1 - cosine(one, other);
      }
      return sum / count;
    },
    dispose: () => undefined,
  };
};

function cosine(one: Float32Array, other: Float32Array): number {
  let [dot, squares, otherSquares] = [0, 0, 0];
  for (const [at, value] of one.entries()) {
    const second = other[at] ?? 0;
    dot += value * second;
    squares += value * value;
    otherSquares += second * second;
  }
  return dot / Math.sqrt(squares * otherSquares);
}
