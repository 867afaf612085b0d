import { addScaled, dot } from './vectors.ts';

/** Weights, row-major [classes, features], and one bias a class. */
export interface SoftmaxRegression {
  readonly weights: Float64Array;
  readonly biases: Float64Array;
}

export interface RegressionExamples {
  /** Row-major [examples, width]. */
  readonly features: Float32Array;
  readonly width: number;
  readonly labels: ArrayLike<number>;
  readonly classCount: number;
}

const maxIterations = 500;
/** Largest entry of the gradient at the solution. */
const tolerance = 1e-7;
/** Deviations below this share of the mean are the rounding of float32. */
const rounding = 1e-6;
/** Pairs of steps and gradient changes that approximate the curvature. */
const memory = 10;

/**
 * Multinomial logistic regression, the minimum of the mean cross-entropy plus ‖W‖² / 2N over standardized features: the
 * strength of scikit-learn's default (C = 1). Found by L-BFGS; the problem is convex, so the start does not matter.
 */
export function softmaxRegression(examples: RegressionExamples): SoftmaxRegression {
  const { width, labels, classCount } = examples;
  const { rows, means, scales } = standardized(examples);
  const parameters = minimize(new Float64Array(classCount * (width + 1)), (at, gradient) =>
    penalizedLoss({ rows, labels, classCount, width }, at, gradient),
  );
  const weights = new Float64Array(classCount * width);
  const biases = new Float64Array(classCount);
  for (let one = 0; one < classCount; one++) {
    const start = one * (width + 1);
    let bias = parameters[start + width] ?? 0;
    for (let feature = 0; feature < width; feature++) {
      const weight = (parameters[start + feature] ?? 0) / (scales[feature] ?? 1);
      weights[one * width + feature] = weight;
      bias -= weight * (means[feature] ?? 0);
    }
    biases[one] = bias;
  }
  return { weights, biases };
}

/** Rows of zero mean and unit deviation, each with a 1 behind it; features that are constant are only centered. */
function standardized({ features, width }: RegressionExamples) {
  const count = features.length / width;
  const means = new Float64Array(width);
  const squares = new Float64Array(width);
  for (const [at, value] of features.entries()) means[at % width] = (means[at % width] ?? 0) + value / count;
  for (const [at, value] of features.entries()) {
    const difference = value - (means[at % width] ?? 0);
    squares[at % width] = (squares[at % width] ?? 0) + difference ** 2 / count;
  }
  const scales = squares.map((square, at) => {
    const deviation = Math.sqrt(square);
    return deviation > rounding * Math.abs(means[at] ?? 0) ? deviation : 1;
  });
  const rows = Array.from({ length: count }, (_, row) => {
    const own = new Float64Array(width + 1).fill(1);
    for (let feature = 0; feature < width; feature++) {
      const value = features[row * width + feature] ?? 0;
      own[feature] = (value - (means[feature] ?? 0)) / (scales[feature] ?? 1);
    }
    return own;
  });
  return { rows, means, scales };
}

interface Standardized {
  readonly rows: readonly Float64Array[];
  readonly labels: ArrayLike<number>;
  readonly classCount: number;
  readonly width: number;
}

/** The objective at `at`, whose gradient is written into `gradient`. */
function penalizedLoss(
  { rows, labels, classCount, width }: Standardized,
  at: Float64Array,
  gradient: Float64Array,
): number {
  const stride = width + 1;
  gradient.fill(0);
  let loss = 0;
  const parts = Array.from({ length: classCount }, (_, one) => at.subarray(one * stride, (one + 1) * stride));
  const slopes = Array.from({ length: classCount }, (_, one) => gradient.subarray(one * stride, (one + 1) * stride));
  for (const [row, own] of rows.entries()) {
    const logits = parts.map((part) => dot(part, own));
    const highest = Math.max(...logits);
    const exponentials = logits.map((logit) => Math.exp(logit - highest));
    const total = exponentials.reduce((sum, value) => sum + value, 0);
    const label = labels[row] ?? 0;
    loss += (Math.log(total) + highest - (logits[label] ?? 0)) / rows.length;
    for (const [one, slope] of slopes.entries()) {
      const probability = (exponentials[one] ?? 0) / total;
      addScaled(slope, own, (probability - (one === label ? 1 : 0)) / rows.length);
    }
  }
  for (const [one, part] of parts.entries())
    for (let feature = 0; feature < width; feature++) {
      const weight = part[feature] ?? 0;
      loss += weight ** 2 / (2 * rows.length);
      const slope = slopes[one];
      if (slope) slope[feature] = (slope[feature] ?? 0) + weight / rows.length;
    }
  return loss;
}

/** L-BFGS with a backtracking line search. */
function minimize(start: Float64Array, objective: (at: Float64Array, gradient: Float64Array) => number): Float64Array {
  let at = start;
  let gradient = new Float64Array(at.length);
  let value = objective(at, gradient);
  const pairs: { readonly step: Float64Array; readonly change: Float64Array; readonly inverse: number }[] = [];
  for (let iteration = 0; iteration < maxIterations && largest(gradient) > tolerance; iteration++) {
    const direction = descent(gradient, pairs);
    const slope = dot(direction, gradient);
    const next = new Float64Array(at.length);
    const nextGradient = new Float64Array(at.length);
    let length = iteration === 0 ? Math.min(1, 1 / largest(gradient)) : 1;
    let nextValue = Number.POSITIVE_INFINITY;
    for (; length > 1e-12; length /= 2) {
      next.set(at);
      addScaled(next, direction, length);
      nextValue = objective(next, nextGradient);
      if (nextValue <= value + 1e-4 * length * slope) break;
    }
    // Rounding leaves nothing to gain.
    if (!(nextValue < value)) return at;
    const step = next.map((one, index) => one - (at[index] ?? 0));
    const change = nextGradient.map((one, index) => one - (gradient[index] ?? 0));
    const curvature = dot(step, change);
    if (curvature > 0) pairs.push({ step, change, inverse: 1 / curvature });
    if (pairs.length > memory) pairs.shift();
    [at, gradient, value] = [next, nextGradient, nextValue];
  }
  return at;
}

/** −H·gradient by the two-loop recursion. */
function descent(
  gradient: Float64Array,
  pairs: readonly { readonly step: Float64Array; readonly change: Float64Array; readonly inverse: number }[],
): Float64Array {
  const direction = gradient.map((value) => -value);
  const factors = new Float64Array(pairs.length);
  for (const [at, { step, change, inverse }] of [...pairs.entries()].reverse()) {
    const factor = inverse * dot(step, direction);
    factors[at] = factor;
    addScaled(direction, change, -factor);
  }
  const last = pairs.at(-1);
  if (last) {
    const ratio = 1 / (last.inverse * dot(last.change, last.change));
    for (let index = 0; index < direction.length; index++) direction[index] = (direction[index] ?? 0) * ratio;
  }
  for (const [at, { step, change, inverse }] of pairs.entries())
    addScaled(direction, step, (factors[at] ?? 0) - inverse * dot(change, direction));
  return direction;
}

function largest(values: Float64Array): number {
  return values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}
