import * as tf from '@tensorflow/tfjs-core';

/** Inputs by name, or of a list by number; those that are not given are undefined. */
export type KernelInputs = tf.NamedTensorInfoMap;
export type KernelAttributes = Readonly<Record<string, unknown>>;

/** Lower bound of a squared norm that DoRA divides by: rows of zeros give 0, whatever their magnitude. */
export const smallestSquare = 1e-30;

export function input(inputs: KernelInputs, name: string | number): tf.TensorInfo {
  const found = inputs[name];
  if (found === undefined) throw new Error(`kernel input ${name} is missing`);
  return found;
}

/** A float32 input, as our own operations take them. */
export function real(inputs: KernelInputs, name: string | number): tf.TensorInfo {
  const found = input(inputs, name);
  if (found.dtype !== 'float32') throw new Error(`kernel input ${name} is ${found.dtype}, not float32`);
  return found;
}

/** Counterpart of `real` for an optional input. */
export function optionalReal(inputs: KernelInputs, name: string): tf.TensorInfo | undefined {
  return inputs[name] === undefined ? undefined : real(inputs, name);
}

export function number(attributes: KernelAttributes, name: string | number): number {
  const found = attributes[name];
  if (typeof found === 'number') return found;
  if (typeof found === 'boolean') return Number(found);
  throw new Error(`kernel attribute ${name} is missing`);
}

export function flag(attributes: KernelAttributes, name: string): boolean {
  return number(attributes, name) !== 0;
}

export function numbers(attributes: KernelAttributes, name: string): number[] {
  const found = attributes[name];
  if (Array.isArray(found)) return found.map(Number);
  if (typeof found === 'number') return [found];
  throw new Error(`kernel attribute ${name} is missing`);
}

export function size(tensor: tf.TensorInfo, axis: number): number {
  const found = tensor.shape[axis];
  if (found === undefined) throw new Error(`a kernel input has no axis ${axis}`);
  return found;
}

export function count(tensor: tf.TensorInfo): number {
  return tf.util.sizeFromShape(tensor.shape);
}

/** The product of sizes. */
export function sizeOf(sizes: readonly number[]): number {
  return sizes.reduce((total, factor) => total * factor, 1);
}
