import * as tf from '@tensorflow/tfjs-core';
import { as1D, as2D } from '../../../engine/ops/autograd/operation.ts';
import { FrozenWeight } from '../../../engine/ops/index.ts';
import type { Values } from '../reference.ts';

export type TakeTensor = (name: string) => tf.Tensor;
export type TakeValues = (name: string) => Values;

export interface OperationCase {
  readonly name: string;
  /** Shapes of the inputs; their values are drawn. */
  readonly shapes: Readonly<Record<string, readonly number[]>>;
  /** Inputs whose gradient is checked. */
  readonly wanted: readonly string[];
  /** Multiplies the drawn standard normal values. */
  readonly spread?: number;
  /** `drawn`: the values behind the tensors, which a GPU's tensors cannot be asked for at once. */
  run(take: TakeTensor, drawn: TakeValues): tf.Tensor;
  /** The same in double precision. */
  reference(take: TakeValues): readonly number[];
}

export const matrix = (take: TakeTensor, name: string): tf.Tensor2D => as2D(take(name));
export const vector = (take: TakeTensor, name: string): tf.Tensor1D => as1D(take(name));

/** Frozen weights are made of drawn tensors: read them back, use them, and dispose them with the rest. */
export function withFrozen(take: TakeTensor, run: (frozen: FrozenWeight) => tf.Tensor, hasBias = true): tf.Tensor {
  const frozen = new FrozenWeight(toHost(take('weight')), hasBias ? toHost(take('bias')) : null);
  weightsInUse.push(frozen);
  return run(frozen);
}
const weightsInUse: { dispose(): void }[] = [];

/** Keeps what stands for a variable, which outlives the tape, until the case is over. */
export function lasting<T extends tf.Tensor>(tensor: T): T {
  weightsInUse.push(tf.keep(tensor));
  return tensor;
}

export function disposeWeights(): void {
  for (const frozen of weightsInUse.splice(0)) frozen.dispose();
}

export function int32(values: readonly number[]): tf.Tensor1D {
  return tf.tensor1d([...values], 'int32');
}

function toHost(tensor: tf.Tensor): { shape: number[]; data: Float32Array } {
  return { shape: tensor.shape, data: Float32Array.from(tensor.dataSync()) };
}
