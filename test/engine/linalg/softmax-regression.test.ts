import { describe, expect, it } from 'vitest';
import { softmaxRegression } from '../../../src-main/engine/linalg/softmax-regression.ts';
import { RandomStream } from '../../../src-shared/random.ts';

/** Three overlapping clouds whose features have other means and scales. */
function clouds() {
  const random = RandomStream.seeded(3, 'study');
  const labels = Int32Array.from({ length: 90 }, (_, row) => row % 3);
  const centers = [
    [0, 0, 5],
    [1, 0.5, 5],
    [-0.5, 1, 5],
  ];
  const features = Float32Array.from(
    [...labels].flatMap((label) => [
      100 + 10 * ((centers[label]?.[0] ?? 0) + random.normal()),
      0.01 * ((centers[label]?.[1] ?? 0) + random.normal()),
      centers[label]?.[2] ?? 0,
    ]),
  );
  return { features, width: 3, labels, classCount: 3 };
}

describe('multinomial logistic regression', () => {
  it('of two points that mirror each other is the root of its own equation, worked by hand', () => {
    // Standardized to −1 and 1: the weights are ±w, of w·e^{2w} + w = 1, since the slope of a weight is (w − 1/(1 + e^{2w}))/…
    const { weights, biases } = softmaxRegression({
      features: Float32Array.of(-3, 3),
      width: 1,
      labels: [0, 1],
      classCount: 2,
    });
    let [low, high] = [0, 2];
    for (let step = 0; step < 60; step++) {
      const middle = (low + high) / 2;
      // d/dw of mean cross-entropy log(1 + e^{−2w}) and of 2w²/(2·2), for the two weights −w and w.
      const slope = -2 / (1 + Math.exp(2 * middle)) + middle;
      if (slope < 0) low = middle;
      else high = middle;
    }
    expect(weights[1]).toBeCloseTo(low / 3, 6);
    expect(weights[0]).toBeCloseTo(-low / 3, 6);
    expect(biases[0]).toBeCloseTo(biases[1] ?? Number.NaN, 6);
  });

  it('has no slope left in any weight or bias, by finite differences of its objective', () => {
    const { features, width, labels, classCount } = clouds();
    const { weights, biases } = softmaxRegression({ features, width, labels, classCount });
    const column = (feature: number) => [...labels].map((_, row) => features[row * width + feature] ?? 0);
    const deviation = (values: readonly number[]) => {
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
      return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
    };
    // The third feature is constant.
    const scales = [deviation(column(0)), deviation(column(1)), 1];
    for (const one of [0, 1, 2]) expect(weights[one * width + 2]).toBeCloseTo(0, 6);
    const objective = (of: Float64Array, bias: Float64Array) => {
      let loss = 0;
      for (const [row, label] of labels.entries()) {
        const logits = Array.from({ length: classCount }, (_, one) =>
          Array.from({ length: width }, (__, at) => (of[one * width + at] ?? 0) * (features[row * width + at] ?? 0))
            .concat(bias[one] ?? 0)
            .reduce((sum, value) => sum + value, 0),
        );
        const highest = Math.max(...logits);
        const total = logits.reduce((sum, logit) => sum + Math.exp(logit - highest), 0);
        loss += (Math.log(total) + highest - (logits[label] ?? 0)) / labels.length;
      }
      const squares = [...of].map((weight, at) => (weight * (scales[at % width] ?? 1)) ** 2);
      return loss + squares.reduce((sum, square) => sum + square, 0) / (2 * labels.length);
    };
    const slopeOf = (vary: (change: number) => number, size: number) => (vary(size) - vary(-size)) / (2 * size);
    for (const at of weights.keys()) {
      const scale = scales[at % width] ?? 1;
      const vary = (change: number) => {
        // A weight moves its class's bias along, so that features far from zero do not drown the slope.
        const mean = column(at % width).reduce((sum, value) => sum + value, 0) / labels.length;
        const one = Math.floor(at / width);
        const moved = weights.map((weight, index) => (index === at ? weight + change / scale : weight));
        const bias = biases.map((value, index) => (index === one ? value - (mean * change) / scale : value));
        return objective(moved, bias);
      };
      expect(slopeOf(vary, 1e-4), `weight ${at}`).toBeCloseTo(0, 6);
    }
    for (const at of biases.keys()) {
      const vary = (change: number) =>
        objective(
          weights,
          biases.map((bias, index) => bias + (index === at ? change : 0)),
        );
      expect(slopeOf(vary, 1e-4), `bias ${at}`).toBeCloseTo(0, 6);
    }
  });
});
