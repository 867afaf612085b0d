import { predictedClass } from '../../metrics/calibration.ts';
import { negativeLog, softmaxRows } from '../../outcomes/probabilities.ts';
import { outputsOfBatches } from './head-outputs.ts';
import { hashOf, meanOf, type OpenForgettingMeasure } from './measure.ts';
import { drawingBatches, neutralDrawings } from './neutral-drawings.ts';

const batchSize = 65;

/** Mean cross-entropy of an image base's own head on bundled drawings of its own classes, in nats, and its accuracy. */
export const ownClassesLoss: OpenForgettingMeasure = async (material) => {
  const { description } = material.base;
  if (description.kind !== 'image-classification') return null;
  const classes = new Map(description.labels.map((name, index) => [name, index]));
  const neutral = await neutralDrawings(material);
  const { names } = neutral;
  const labels = names.map((name) => classes.get(name) ?? -1);
  if (labels.includes(-1)) return null;
  const batches = await drawingBatches(neutral, [...names.keys()], batchSize);
  const count = names.length;
  return {
    id: 'own-classes-loss',
    count,
    inputsHash: hashOf(Int32Array.from(labels), ...batches.map(({ pixel_values: { data } }) => data)),
    /** [2 · count]: the loss of each drawing, then whether each was right. */
    async outputs(model, options) {
      const probabilities = softmaxRows(await outputsOfBatches(model, batches, options), classes.size);
      const result = new Float32Array(2 * count);
      for (const [at, label] of labels.entries()) {
        const row = probabilities.subarray(at * classes.size, (at + 1) * classes.size);
        result[at] = negativeLog(row[label] ?? 0);
        result[count + at] = predictedClass(row) === label ? 1 : 0;
      }
      return result;
    },
    value: (outputs) => meanOf(outputs.subarray(0, count)),
    accuracy: (outputs) => meanOf(outputs.subarray(count)),
    dispose: () => undefined,
  };
};
