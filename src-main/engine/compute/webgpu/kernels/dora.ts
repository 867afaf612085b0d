import type * as tf from '@tensorflow/tfjs-core';
import {
  type KernelAttributes,
  type KernelInputs,
  number,
  optionalReal,
  real,
  size,
  smallestSquare,
} from '../../kernel-inputs.ts';
import { type GpuWork, runTogether } from '../joined-program.ts';
import { type GpuProgram, programVariants } from '../program.ts';
import type { ProgramRunner } from '../program-runner.ts';
import { elementwise } from './elementwise.ts';
import { type GpuKernel, type Lanes, laneCount, lanesOf } from './kernel.ts';
import { loraParts, plannedInputGradient, plannedLoraGradients } from './lora.ts';
import { type GpuMatmul, gpuMatmul, plannedMatmul } from './matmul.ts';
import { plannedNorms } from './weight-norms.ts';

/** Columns, or fours of columns, of a workgroup, and how many invocations share the rows of each. */
const across = 8;
const down = 8;

/** Σ over the rows of dy ∘ product, times the inverse norm of the column. */
const programs = programVariants(
  (lanes: Lanes): GpuProgram => ({
    name: 'magnitude_gradient',
    reads: ['dy', 'product', 'inverse'].map((name) => ({ name, type: lanes })),
    writes: [{ name: 'gradient', type: lanes }],
    uniforms: [
      ['rows', 'u32'],
      ['columns', 'u32'],
    ],
    workgroup: [across, down, 1],
    declarations: `var<workgroup> parts: array<${lanes}, ${across * down}>;`,
    body: `
  let column = group * ${across}u + local.x;
  var sum = ${lanes}(0.0);
  if (column < u.columns) {
    for (var row = local.y; row < u.rows; row += ${down}u) {
      sum += dy[row * u.columns + column] * product[row * u.columns + column];
    }
  }
  parts[lane] = sum;
  workgroupBarrier();
  if (local.y > 0u || column >= u.columns) { return; }
  for (var part = 1u; part < ${down}u; part++) { sum += parts[part * ${across}u + local.x]; }
  gradient[column] = sum * inverse[column];`,
  }),
);

/** The gradient of DoRA's magnitudes [out] for dy [rows, out] and the product h [rows, out] before it is scaled; to be run. */
function plannedMagnitudeGradient(
  gpu: ProgramRunner,
  dy: tf.TensorInfo,
  product: tf.TensorInfo,
  inverse: tf.TensorInfo,
): { readonly work: GpuWork; readonly gradient: tf.TensorInfo } {
  const [rows, outputs] = [size(dy, 0), size(dy, 1)];
  const lanes = lanesOf(outputs);
  const columns = outputs / laneCount(lanes);
  const gradient = gpu.output([outputs]);
  const given = {
    reads: [dy, product, inverse],
    writes: [gradient],
    uniforms: [rows, columns],
    workgroups: gpu.flat(Math.ceil(columns / across)),
  };
  return { work: { program: programs(lanes), given }, gradient };
}

/** Buffers of the product with residual and bias. */
const wholeProduct = 9;

const add = elementwise({ name: 'add', reads: ['x', 'z'], writes: ['y'], body: 'y[i] = x[i] + z[i];' });
/** x̃ = x ∘ mask, and x − x̃. */
const parted = elementwise({
  name: 'dropped',
  reads: ['x', 'mask'],
  writes: ['kept', 'rest'],
  body: 'let dropped = x[i] * mask[i];\nkept[i] = dropped;\nrest[i] = x[i] - dropped;',
});

/** Outputs as ops/linear/dora-linear.ts lists them: y, z, h, the inverse norms and the row scale. */
const linears = ['CotoDoraLinear', 'CotoDoraLinearDropout'].map<GpuKernel>((name) => ({
  name,
  run: (gpu, inputs, attributes) => {
    const [weight, a, b] = [real(inputs, 'weight'), real(inputs, 'a'), real(inputs, 'b')];
    const scaling = number(attributes, 'scaling');
    const magnitude = real(inputs, 'magnitude');
    const { adapted, bias, addend, temporary } = dropped(gpu, inputs);
    const down = plannedMatmul(gpu, { a: adapted, b: a, transposeB: true, isJoined: true });
    const norms = plannedNorms(gpu, { weight, a, b, scaling, magnitude, smallest: smallestSquare });
    runTogether(gpu, [down.work, norms.work]);
    const second = { a: down.y, b, transposeB: true, scale: scaling };
    const { y, product } = scaledProduct(gpu, {
      a: adapted,
      b: weight,
      transposeB: true,
      second,
      gain: norms.gain,
      bias,
      addend,
    });
    gpu.release(...temporary);
    return [y, down.y, product, norms.inverse, norms.gain];
  },
}));

/**
 * Splits x into the part multiplied by the changed weight and the added part: with dropout, the rest of x times the
 * base alone.
 */
function dropped(gpu: ProgramRunner, inputs: KernelInputs) {
  const x = real(inputs, 'x');
  const [bias, residual, mask] = [
    optionalReal(inputs, 'bias'),
    optionalReal(inputs, 'residual'),
    optionalReal(inputs, 'mask'),
  ];
  if (mask === undefined) return { adapted: x, bias, addend: residual, temporary: [] };
  const [adapted, rest] = parted(gpu, x, mask);
  if (adapted === undefined || rest === undefined) throw new Error('a dropout has two results');
  const addend = gpuMatmul(gpu, { a: rest, b: real(inputs, 'weight'), transposeB: true, bias, addend: residual });
  gpu.release(rest);
  return { adapted, bias: undefined, addend, temporary: [adapted, addend] };
}

function scaledProduct(gpu: ProgramRunner, given: GpuMatmul): { y: tf.TensorInfo; product: tf.TensorInfo } {
  const isParted = given.bias !== undefined && given.addend !== undefined && gpu.maxBuffers < wholeProduct;
  const { work, y, product } = plannedMatmul(gpu, isParted ? { ...given, addend: undefined } : given);
  gpu.run(work.program, work.given);
  if (product === null) throw new Error('a scaled product has two results');
  if (!isParted || given.addend === undefined) return { y, product };
  const [sum] = add(gpu, y, given.addend);
  gpu.release(y);
  if (sum === undefined) throw new Error('a sum has a result');
  return { y: sum, product };
}

function planned(gpu: ProgramRunner, inputs: KernelInputs, attributes: KernelAttributes) {
  const [parts, rowScale] = [loraParts(inputs, attributes), real(inputs, 'rowScale')];
  const own = plannedLoraGradients(gpu, { ...parts, rowScale });
  const magnitude = plannedMagnitudeGradient(gpu, parts.dy, real(inputs, 'product'), real(inputs, 'inverse'));
  return { own, magnitude, rowScale };
}

/** Gradients of z, A, B and the magnitudes. */
const gradient: GpuKernel = {
  name: 'CotoDoraGradient',
  run: (gpu, inputs, attributes) => {
    const { own, magnitude } = planned(gpu, inputs, attributes);
    runTogether(gpu, own.first);
    runTogether(gpu, [...own.second, magnitude.work]);
    return [own.dz, own.a, own.b, magnitude.gradient];
  },
};

/** Gradients of x, A, B and the magnitudes, in two dispatches. */
const backward: GpuKernel = {
  name: 'CotoDoraBackward',
  run: (gpu, inputs, attributes) => {
    const { own, magnitude, rowScale } = planned(gpu, inputs, attributes);
    const ofInput = plannedInputGradient(gpu, inputs, own.dz, rowScale);
    runTogether(gpu, own.first);
    runTogether(gpu, [...own.second, ofInput.work, magnitude.work]);
    gpu.release(own.dz);
    return [ofInput.y, own.a, own.b, magnitude.gradient];
  },
};

export const doraKernels: readonly GpuKernel[] = [...linears, gradient, backward];
