import type { AdaptedModel } from '../../adapters/model/adapted-model.ts';
import type { PairForm } from '../../outcomes/embedding-loss.ts';
import type { VectorOutputs } from '../../outcomes/vectors.ts';
import { type EvaluationOptions, refuseNoExamples } from '../shared/head-outputs.ts';
import type { EmbeddingForm } from './pair-batch.ts';
import type { PairRows } from './pair-rows.ts';
import { rowVectors } from './row-vectors.ts';

export interface TestPairs extends EmbeddingForm {
  readonly rows: PairRows;
  readonly form: PairForm;
  readonly targets: Float32Array;
  /** The text of a row. */
  textOf(row: number): string;
}

/**
 * Vectors of the texts of the examples `indices`, each text once.
 * @throws StudioError invalid_input without examples, not_finite, cancelled.
 */
export async function vectorOutputs(
  model: AdaptedModel,
  { rows, form, targets, loss, settings, pooling, padding, textOf }: TestPairs,
  indices: Int32Array,
  options: EvaluationOptions,
): Promise<VectorOutputs> {
  refuseNoExamples(indices.length);
  const pairs = [...indices].map((index) => rows.at(index));
  const used = [...new Set(pairs.flatMap(({ anchor, other, negatives }) => [anchor, other, ...negatives]))];
  const { vectors, width } = await rowVectors(
    model,
    { indices: Int32Array.from(used), row: (row) => rows.row(row) },
    { pooling, padding },
    {
      ...options,
      // Progress counts examples.
      onProgress: async (done, total) =>
        options.onProgress?.(Math.floor((done / total) * indices.length), indices.length),
    },
  );
  const places = new Map(used.map((row, place) => [row, place]));
  const placeOf = (row: number) => places.get(row) ?? 0;
  return {
    kind: 'vectors',
    vectors,
    width,
    pairs: {
      form,
      anchors: Int32Array.from(pairs, ({ anchor }) => placeOf(anchor)),
      others: Int32Array.from(pairs, ({ other }) => placeOf(other)),
      negatives: pairs.map(({ negatives }) => negatives.map(placeOf)),
      targets: form === 'ranking' ? targets : Float32Array.from(indices, (index) => targets[index] ?? 0),
      loss,
      settings,
      textOf: (place) => textOf(used[place] ?? 0),
    },
  };
}
