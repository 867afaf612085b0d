import type { ReliabilityBin } from '../../../src-shared/domain/evaluation/evaluation.ts';
import * as declared from '../../../src-shared/metrics/calibration.ts';
import { type ClassProbabilities, defineMetric } from './metric.ts';

export const calibrationError = defineMetric(declared.calibrationError, ({ probabilities }) => {
  if (probabilities === undefined || probabilities.labels.length === 0) return null;
  const distance = reliabilityOf(probabilities).reduce(
    (sum, { examples, confidence, accuracy }) => sum + examples * Math.abs((accuracy ?? 0) - (confidence ?? 0)),
    0,
  );
  return distance / probabilities.labels.length;
});

export const brierScore = defineMetric(declared.brierScore, ({ probabilities: known }) => {
  if (known === undefined || known.labels.length === 0) return null;
  const { probabilities, labels, classCount } = known;
  let sum = 0;
  for (const [at, probability] of probabilities.entries()) {
    const isTrue = labels[Math.floor(at / classCount)] === at % classCount;
    sum += (probability - (isTrue ? 1 : 0)) ** 2;
  }
  return sum / labels.length / (classCount === 2 ? 2 : 1);
});

/** Class of the highest probability, the first of equal ones. */
export function predictedClass(probabilities: Float64Array): number {
  return probabilities.indexOf(probabilities.reduce((best, value) => Math.max(best, value), 0));
}

/**
 * Sorts examples by the probability of their predicted class into equal bins, each without its lower and with its upper end.
 * Empty bins have no means.
 */
export function reliabilityOf({ probabilities, labels, classCount }: ClassProbabilities): ReliabilityBin[] {
  const count = declared.reliabilityBins;
  const sums = Array.from({ length: count }, () => ({ examples: 0, confidence: 0, right: 0 }));
  for (const [example, label] of labels.entries()) {
    const row = probabilities.subarray(example * classCount, (example + 1) * classCount);
    const predicted = predictedClass(row);
    const confidence = row[predicted] ?? 0;
    const bin = sums[Math.min(count - 1, Math.max(0, Math.ceil(confidence * count) - 1))];
    if (bin === undefined) continue;
    bin.examples++;
    bin.confidence += confidence;
    if (predicted === label) bin.right++;
  }
  return sums.map(({ examples, confidence, right }) => ({
    examples,
    confidence: examples === 0 ? null : confidence / examples,
    accuracy: examples === 0 ? null : right / examples,
  }));
}
