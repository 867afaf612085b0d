import type * as tf from '@tensorflow/tfjs-core';
import type { KernelAttributes, KernelInputs } from '../../kernel-inputs.ts';
import type { ProgramRunner } from '../program-runner.ts';

/** A kernel of one of our operations by programs of WGSL. */
export interface GpuKernel {
  readonly name: string;
  run(gpu: ProgramRunner, inputs: KernelInputs, attributes: KernelAttributes): tf.TensorInfo | tf.TensorInfo[];
}

/** The type of a value, or of four side by side. */
export type Lanes = 'f32' | 'vec4<f32>';

/** Four values at a time where rows of so many begin and end with four. */
export function lanesOf(...sizes: readonly number[]): Lanes {
  return sizes.every((size) => size % 4 === 0) ? 'vec4<f32>' : 'f32';
}

export function laneCount(lanes: Lanes): number {
  return lanes === 'f32' ? 1 : 4;
}
