import * as tf from '@tensorflow/tfjs-core';
import type { ComputeId } from '../../../src-shared/domain/app/catalog.ts';
import { RandomStream } from '../../../src-shared/random.ts';
import { first } from '../../engine/ops/autograd/operation.ts';
import { disposeWeights, type OperationCase } from './cases/operation-case.ts';
import { differentiated } from './differentiated.ts';
import { type Drawn, draw, normal, readAndDispose, taker, tensorsOf } from './drawn.ts';
import { get } from './reference.ts';
import { relativeDifference } from './relative-difference.ts';

/** Relative difference that a gradient may have. */
export const gradientTolerance = 2e-5;

/**
 * Tolerance of a value. WebGPU promises of a logarithm near 1 no more than an absolute error of 2⁻²¹, which is 5e-7.
 */
export function valueTolerance(id: ComputeId): number {
  return id === 'webgpu' ? 1e-5 : 2e-6;
}

/** Relative difference of the active backend's value from the double-precision reference. */
export async function valueDifference(operation: OperationCase): Promise<number> {
  const values = draw(operation);
  const actual = await readAndDispose(tf.tidy(() => operation.run(tensorsOf(operation, values), taker(values))));
  disposeWeights();
  return relativeDifference(actual, operation.reference(taker(values)));
}

/**
 * Returns the difference of each wanted gradient to central differences of the reference; infinite if the sizes differ.
 */
export async function gradientDifferences(operation: OperationCase): Promise<Map<string, number>> {
  const values = draw(operation);
  const weights = outputWeights(operation, values);
  const found = new Map<string, number>();
  for (const name of operation.wanted) {
    const length = taker(values)(name).length;
    const places = checkedPlaces(length);
    const gradient = await gradientOf(operation, values, name, weights);
    const expected = differences(operation, values, name, weights, places);
    const difference = relativeDifference(
      places.map((place) => gradient[place] ?? Number.NaN),
      expected,
    );
    found.set(name, gradient.length === length ? difference : Number.POSITIVE_INFINITY);
  }
  return found;
}

/** Makes the gradients with respect to `names` and drops them: what is left of them then was leaked. */
export async function makeGradients(operation: OperationCase, names: readonly string[]): Promise<void> {
  const values = draw(operation);
  const weights = outputWeights(operation, values);
  for (const name of names) await gradientOf(operation, values, name, weights);
}

function outputWeights(operation: OperationCase, values: Drawn): number[] {
  return normal(operation.reference(taker(values)).length, 1, RandomStream.seeded(5, 'study'));
}

/** Gradient of Σ weight · output with respect to one input. */
async function gradientOf(
  operation: OperationCase,
  values: Drawn,
  name: string,
  weights: readonly number[],
): Promise<number[]> {
  const result = tf.tidy(() => {
    const tensors = tensorsOf(operation, values);
    const run = () => operation.run(tensors, taker(values));
    const dy = tf.tensor(Float32Array.from(weights), tf.tidy(run).shape);
    return differentiated(run, [tensors(name)], dy).gradients;
  });
  disposeWeights();
  return readAndDispose(first(result));
}

/**
 * Indices at which a gradient is compared: every entry of a small input, evenly spaced ones of a larger one. Each costs
 * two whole references. Their number is prime, so that they do not all lie in a few columns.
 */
function checkedPlaces(length: number): number[] {
  const count = Math.min(length, 37);
  return Array.from({ length: count }, (_, index) => Math.floor((index * length) / count));
}

const knownDifferences = new WeakMap<OperationCase, Map<string, readonly number[]>>();

/** Central differences of the double-precision reference at `places`, made once for all ways: the values are the same. */
function differences(
  operation: OperationCase,
  values: Drawn,
  name: string,
  weights: readonly number[],
  places: readonly number[],
): readonly number[] {
  const ofOperation = knownDifferences.get(operation) ?? new Map<string, readonly number[]>();
  const known = ofOperation.get(name) ?? centralDifferences(operation, values, name, weights, places);
  knownDifferences.set(operation, ofOperation.set(name, known));
  return known;
}

function centralDifferences(
  operation: OperationCase,
  values: Drawn,
  name: string,
  weights: readonly number[],
  places: readonly number[],
): readonly number[] {
  const step = 1e-5;
  const sum = (changed: readonly number[]) =>
    operation
      .reference(taker(new Map(values).set(name, changed)))
      .reduce((total, value, index) => total + value * get(weights, index), 0);
  const here = taker(values)(name);
  return places.map((index) => {
    const value = get(here, index);
    const [above, below] = [here.with(index, value + step), here.with(index, value - step)];
    return (sum(above) - sum(below)) / (2 * step);
  });
}
