import type * as tf from '@tensorflow/tfjs-core';
import { type KernelAttributes, type KernelInputs, number, optionalReal, real } from '../../kernel-inputs.ts';
import { type GpuWork, runTogether } from '../joined-program.ts';
import type { ProgramRunner } from '../program-runner.ts';
import type { GpuKernel } from './kernel.ts';
import { plannedMatmul } from './matmul.ts';

interface LoraParts {
  /** [rows, out] */
  readonly dy: tf.TensorInfo;
  /** [rows, in] */
  readonly x: tf.TensorInfo;
  /** x·Aᵀ [rows, r] */
  readonly z: tf.TensorInfo;
  /** [out, r] */
  readonly b: tf.TensorInfo;
  readonly scaling: number;
  /** [out], multiplies the columns of dy first: DoRA's. */
  readonly rowScale?: tf.TensorInfo;
}

interface PlannedGradients {
  /** [rows, r] */
  readonly dz: tf.TensorInfo;
  /** [r, in] */
  readonly a: tf.TensorInfo;
  /** [out, r] */
  readonly b: tf.TensorInfo;
  /** The work of one dispatch, and that of the next. */
  readonly first: readonly GpuWork[];
  readonly second: readonly GpuWork[];
}

/** dz = s·dy·B and s·dyᵀ·z need each other not; dzᵀ·x needs dz. */
export function plannedLoraGradients(
  gpu: ProgramRunner,
  { dy, x, z, b, scaling, rowScale: columnScale }: LoraParts,
): PlannedGradients {
  const common = { scale: scaling, columnScale, isJoined: true };
  const inner = plannedMatmul(gpu, { ...common, a: dy, b });
  const up = plannedMatmul(gpu, { ...common, a: dy, b: z, transposeA: true });
  const down = plannedMatmul(gpu, { a: inner.y, b: x, transposeA: true, isJoined: true });
  return { dz: inner.y, a: down.y, b: up.y, first: [inner.work, up.work], second: [down.work] };
}

/** The gradient of the input of a linear with such an adapter, to be run with what needs dz; `rowScale` is DoRA's. */
export function plannedInputGradient(
  gpu: ProgramRunner,
  inputs: KernelInputs,
  dz: tf.TensorInfo,
  rowScale?: tf.TensorInfo,
): { readonly work: GpuWork; readonly y: tf.TensorInfo } {
  return plannedMatmul(gpu, {
    a: real(inputs, 'dy'),
    b: real(inputs, 'weight'),
    columnScale: rowScale,
    second: { a: dz, b: real(inputs, 'a'), transposeB: false, scale: 1 },
    addend: optionalReal(inputs, 'addend'),
    multiplier: optionalReal(inputs, 'multiplier'),
    isJoined: true,
  });
}

export function loraParts(inputs: KernelInputs, attributes: KernelAttributes): LoraParts {
  return {
    dy: real(inputs, 'dy'),
    x: real(inputs, 'x'),
    z: real(inputs, 'z'),
    b: real(inputs, 'b'),
    scaling: number(attributes, 'scaling'),
  };
}

/** Gradients of z, A and B. */
const gradient: GpuKernel = {
  name: 'CotoLoraGradient',
  run: (gpu, inputs, attributes) => {
    const { dz, a, b, first, second } = plannedLoraGradients(gpu, loraParts(inputs, attributes));
    runTogether(gpu, first);
    runTogether(gpu, second);
    return [dz, a, b];
  },
};

/** Gradients of x, A and B, in two dispatches. */
const backward: GpuKernel = {
  name: 'CotoLoraBackward',
  run: (gpu, inputs, attributes) => {
    const { dz, a, b, first, second } = plannedLoraGradients(gpu, loraParts(inputs, attributes));
    const ofInput = plannedInputGradient(gpu, inputs, dz);
    runTogether(gpu, first);
    runTogether(gpu, [...second, ofInput.work]);
    gpu.release(dz);
    return [ofInput.y, a, b];
  },
};

export const loraKernels: readonly GpuKernel[] = [gradient, backward];
