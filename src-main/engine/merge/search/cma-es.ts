import { type Matrix, symmetricEigen } from '../../linalg/index.ts';
import { type Draws, sum } from '../merge-method.ts';

/** A point and its objective, the smaller the better. */
export interface Evaluated {
  readonly point: Float64Array;
  readonly value: number;
}

export interface CmaOptions {
  readonly mean: readonly number[];
  /** Standard deviation of the first generation. */
  readonly sigma: number;
  /** Bounds of every coordinate. Default: none. */
  readonly bounds?: { readonly lower: number; readonly upper: number };
  /** Default: 4 + ⌊3·ln n⌋. */
  readonly population?: number;
}

/** Keeps the length of a direction without extent from dividing by 0, as the Python package cmaes does. */
const epsilon = 1e-8;
/** Draws outside of the bounds are repeated this often, then clipped. */
const maxDraws = 100;

/**
 * CMA-ES: minimizes a function by its values alone, drawing from a normal distribution whose mean, step size and
 * covariance follow the better points. Hansen 2016, arXiv 1604.00772, with negative weights (equation 53 and figure 6).
 */
export class CmaEs {
  readonly population: number;
  readonly mean: Float64Array;
  sigma: number;
  covariance: Matrix;
  readonly sigmaPath: Float64Array;
  readonly covariancePath: Float64Array;
  readonly constants: CmaConstants;
  private readonly bounds: CmaOptions['bounds'];
  private generation = 0;
  private axes: Axes;

  constructor(options: CmaOptions) {
    const size = options.mean.length;
    this.population = options.population ?? 4 + Math.floor(3 * Math.log(size));
    this.mean = Float64Array.from(options.mean);
    this.sigma = options.sigma;
    this.bounds = options.bounds;
    this.covariance = identity(size);
    this.sigmaPath = new Float64Array(size);
    this.covariancePath = new Float64Array(size);
    this.constants = constantsOf(size, this.population);
    this.axes = axesOf(this.covariance);
  }

  /** A point of the next generation. */
  ask(draws: Draws): Float64Array {
    let point = this.draw(draws);
    for (let again = 1; again < maxDraws && !this.isInside(point); again++) point = this.draw(draws);
    const { bounds } = this;
    return bounds ? point.map((value) => Math.min(bounds.upper, Math.max(bounds.lower, value))) : point;
  }

  /** Ends a generation of `population` points. */
  tell(evaluated: readonly Evaluated[]): void {
    const { weights, muEff, cSigma, dSigma, cC, c1, cMu, chi } = this.constants;
    const size = this.mean.length;
    const best = evaluated.toSorted((one, other) => one.value - other.value);
    const steps = best.map(({ point }) => point.map((value, at) => (value - (this.mean[at] ?? 0)) / this.sigma));
    const parents = weights.filter((weight) => weight > 0).length;
    const step = sumOf(steps.slice(0, parents), weights);
    for (let at = 0; at < size; at++) this.mean[at] = (this.mean[at] ?? 0) + this.sigma * (step[at] ?? 0);
    this.generation++;

    const whitened = inverseRoot(this.axes, step);
    mix(this.sigmaPath, 1 - cSigma, whitened, Math.sqrt(cSigma * (2 - cSigma) * muEff));
    const length = Math.sqrt(squares(this.sigmaPath));
    this.sigma *= Math.exp((cSigma / dSigma) * (length / chi - 1));
    const expected = Math.sqrt(1 - (1 - cSigma) ** (2 * (this.generation + 1)));
    const isMoving = length / expected < (1.4 + 2 / (size + 1)) * chi;
    mix(this.covariancePath, 1 - cC, step, isMoving ? Math.sqrt(cC * (2 - cC) * muEff) : 0);

    // Negative weights are divided by the step's length, or a far outlier would make the covariance indefinite.
    const scaled = weights.map((weight, index) => {
      const own = steps[index] ?? step;
      return weight >= 0 ? weight : (weight * size) / (squares(inverseRoot(this.axes, own)) + epsilon);
    });
    const missed = isMoving ? 0 : cC * (2 - cC);
    const kept = 1 + c1 * missed - c1 - cMu * weights.reduce((total, weight) => total + weight, 0);
    const data = this.covariance.data.map((value, at) => {
      const [row, column] = [Math.floor(at / size), at % size];
      let rankMu = 0;
      for (const [index, own] of steps.entries()) rankMu += (scaled[index] ?? 0) * (own[row] ?? 0) * (own[column] ?? 0);
      return kept * value + c1 * (this.covariancePath[row] ?? 0) * (this.covariancePath[column] ?? 0) + cMu * rankMu;
    });
    this.covariance = { shape: [size, size], data };
    this.axes = axesOf(this.covariance);
  }

  private draw(draws: Draws): Float64Array {
    const { vectors, roots } = this.axes;
    const size = this.mean.length;
    const point = this.mean.slice();
    for (let k = 0; k < size; k++) {
      const length = this.sigma * (roots[k] ?? 0) * draws.normal();
      for (let at = 0; at < size; at++) point[at] = (point[at] ?? 0) + length * (vectors.data[at * size + k] ?? 0);
    }
    return point;
  }

  private isInside(point: Float64Array): boolean {
    const { bounds } = this;
    return bounds === undefined || point.every((value) => value >= bounds.lower && value <= bounds.upper);
  }
}

interface CmaConstants {
  /** Weights of the points sorted by value, the best first. */
  readonly weights: readonly number[];
  readonly muEff: number;
  readonly cSigma: number;
  readonly dSigma: number;
  readonly cC: number;
  readonly c1: number;
  readonly cMu: number;
  /** Expected length of a standard normal vector. */
  readonly chi: number;
}

/** Defaults of Hansen's table 1. */
function constantsOf(size: number, population: number): CmaConstants {
  const raw = Array.from({ length: population }, (_, index) => Math.log((population + 1) / 2) - Math.log(index + 1));
  const parents = Math.floor(population / 2);
  const effective = (part: readonly number[]) => sum(part) ** 2 / sum(part.map((weight) => weight ** 2));
  const muEff = effective(raw.slice(0, parents));
  const muEffMinus = effective(raw.slice(parents));
  const c1 = 2 / ((size + 1.3) ** 2 + muEff);
  const cMu = Math.min(1 - c1 - epsilon, (2 * (muEff - 2 + 1 / muEff)) / ((size + 2) ** 2 + muEff));
  const negative = Math.min(1 + c1 / cMu, 1 + (2 * muEffMinus) / (muEff + 2), (1 - c1 - cMu) / (size * cMu));
  const positiveSum = sum(raw.filter((weight) => weight > 0));
  const negativeSum = -sum(raw.filter((weight) => weight < 0));
  const cSigma = (muEff + 2) / (size + muEff + 5);
  return {
    weights: raw.map((weight) => (weight >= 0 ? weight / positiveSum : (negative * weight) / negativeSum)),
    muEff,
    cSigma,
    dSigma: 1 + 2 * Math.max(0, Math.sqrt((muEff - 1) / (size + 1)) - 1) + cSigma,
    cC: (4 + muEff / size) / (size + 4 + (2 * muEff) / size),
    c1,
    cMu,
    chi: Math.sqrt(size) * (1 - 1 / (4 * size) + 1 / (21 * size ** 2)),
  };
}

interface Axes {
  readonly vectors: Matrix;
  /** Square roots of the eigenvalues. */
  readonly roots: Float64Array;
}

function axesOf(covariance: Matrix): Axes {
  const { values, vectors } = symmetricEigen(covariance);
  return { vectors, roots: values.map((value) => Math.sqrt(value < 0 ? epsilon : value)) };
}

/** C^-½ · x. */
function inverseRoot({ vectors: { data }, roots }: Axes, x: Float64Array): Float64Array {
  const size = x.length;
  const result = new Float64Array(size);
  for (let k = 0; k < size; k++) {
    let along = 0;
    for (let at = 0; at < size; at++) along += (data[at * size + k] ?? 0) * (x[at] ?? 0);
    along /= roots[k] ?? 1;
    for (let at = 0; at < size; at++) result[at] = (result[at] ?? 0) + along * (data[at * size + k] ?? 0);
  }
  return result;
}

function mix(path: Float64Array, kept: number, step: Float64Array, share: number): void {
  for (let at = 0; at < path.length; at++) path[at] = kept * (path[at] ?? 0) + share * (step[at] ?? 0);
}

function sumOf(vectors: readonly Float64Array[], factors: readonly number[]): Float64Array {
  const result = new Float64Array(vectors[0]?.length ?? 0);
  for (const [index, vector] of vectors.entries()) mix(result, 1, vector, factors[index] ?? 0);
  return result;
}

function squares(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value * value, 0);
}

function identity(size: number): Matrix {
  return {
    shape: [size, size],
    data: Float64Array.from({ length: size * size }, (_, at) => (at % (size + 1) === 0 ? 1 : 0)),
  };
}
