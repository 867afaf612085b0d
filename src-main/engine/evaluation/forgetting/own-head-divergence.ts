import { negativeLog, softmaxRows } from '../../outcomes/probabilities.ts';
import { outputsOfBatches } from './head-outputs.ts';
import { hashOf, type MeasureMaterial, type OpenForgettingMeasure } from './measure.ts';
import { drawingBatches, neutralDrawings } from './neutral-drawings.ts';
import { sentenceBatches } from './sentence-batches.ts';

/** Images of other classes than the base's are larger in most bases: fewer of them at once, and in all. */
const [drawings, drawingsAtOnce] = [96, 16];

/**
 * Mean cross-entropy of a base's own head against the base's own predictions on neutral inputs, in nats: at the base it
 * is the entropy of its predictions, and the rise is their Kullback-Leibler divergence. For bases whose classes the
 * bundled inputs do not have.
 */
export const ownHeadDivergence: OpenForgettingMeasure = async (material) => {
  const { kind, labels } = material.base.description;
  // A single label is a value, and has no distribution.
  const fits = kind === 'image-classification' || kind === 'text-classification';
  if (!fits || labels.length < 2) return null;
  const { batches, count, inputsHash } =
    kind === 'image-classification' ? await spreadDrawings(material) : await sentenceBatches(material);
  return {
    id: 'own-head-divergence',
    count,
    inputsHash,
    outputs: (model, options) => outputsOfBatches(model, batches, options),
    value(outputs, ofBase) {
      const [own, expected] = [softmaxRows(outputs, labels.length), softmaxRows(ofBase, labels.length)];
      return expected.reduce((sum, share, at) => sum + share * negativeLog(own[at] ?? 0), 0) / count;
    },
    dispose: () => undefined,
  };
};

/** Drawings spread over all classes. */
async function spreadDrawings(material: MeasureMaterial) {
  const neutral = await neutralDrawings(material);
  const { length } = neutral.names;
  const count = Math.min(drawings, length);
  const indices = Array.from({ length: count }, (_, at) => Math.floor((at * length) / count));
  const batches = await drawingBatches(neutral, indices, drawingsAtOnce);
  return { batches, count, inputsHash: hashOf(...batches.map(({ pixel_values: { data } }) => data)) };
}
