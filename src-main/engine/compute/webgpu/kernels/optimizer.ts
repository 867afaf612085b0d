import type * as tf from '@tensorflow/tfjs-core';
import { count, type KernelAttributes, type KernelInputs, number, real } from '../../kernel-inputs.ts';
import { type GpuBinding, type GpuProgram, programVariants } from '../program.ts';
import type { GpuKernel } from './kernel.ts';
import { reductions } from './reduce.ts';

const workgroupSize = 128;
/** Values that a workgroup takes of a tensor. */
const valuesAWorkgroup = 2048;

const indices = (length: number) => Array.from({ length }, (_, index) => index);
const real32 = (name: string): GpuBinding => ({ name, type: 'f32' });

/** Sums of squares of up to `tensors` tensors, a row of workgroups each, of the parts of which `parts` are kept. */
const squareParts = programVariants(
  (tensors: number): GpuProgram => ({
    name: 'squares_in_parts',
    reads: indices(tensors).map((index) => real32(`t${index}`)),
    writes: [real32('sums')],
    uniforms: [
      ['first', 'u32'],
      ['parts', 'u32'],
      ...indices(tensors).map((index) => [`count${index}`, 'u32'] as const),
    ],
    workgroup: [workgroupSize, 1, 1],
    declarations: reductions(workgroupSize),
    body: `
  var part = 0.0;
  let begin = workgroup.x * ${workgroupSize}u + lane;
  let step = workgroups.x * ${workgroupSize}u;
  switch (workgroup.y) {
${indices(tensors)
  .map(
    (index) => `
    case ${index}u: { for (var i = begin; i < u.count${index}; i += step) { part += t${index}[i] * t${index}[i]; } }`,
  )
  .join('')}
    default: {}
  }
  let total = sum_all(part, lane);
  if (lane == 0u) { sums[(u.first + workgroup.y) * u.parts + workgroup.x] = total; }`,
  }),
);

/** Adds up the parts of each tensor. */
const addParts: GpuProgram = {
  name: 'squares_sum',
  reads: [real32('parts')],
  writes: [real32('y')],
  uniforms: [
    ['tensors', 'u32'],
    ['parts', 'u32'],
  ],
  workgroup: [64, 1, 1],
  body: `
  if (invocation >= u.tensors) { return; }
  var total = 0.0;
  for (var i = 0u; i < u.parts; i++) { total += parts[invocation * u.parts + i]; }
  y[invocation] = total;`,
};

const sumsOfSquares: GpuKernel = {
  name: 'CotoSumsOfSquares',
  run: (gpu, inputs, attributes) => {
    const all = indices(number(attributes, 'count')).map((index) => real(inputs, `t${index}`));
    const largest = Math.max(...all.map(count));
    const parts = Math.min(64, Math.max(1, Math.ceil(largest / valuesAWorkgroup)));
    const y = gpu.output([all.length]);
    const sums = parts === 1 ? y : gpu.output([all.length, parts]);
    const atOnce = gpu.mostBuffers - 1;
    for (let first = 0; first < all.length; first += atOnce) {
      const reads = all.slice(first, first + atOnce);
      const uniforms = [first, parts, ...reads.map(count)];
      gpu.run(squareParts(reads.length), { reads, writes: [sums], uniforms, workgroups: [parts, reads.length, 1] });
    }
    if (parts === 1) return y;
    const workgroups = gpu.flat(Math.ceil(all.length / 64));
    gpu.run(addParts, { reads: [sums], writes: [y], uniforms: [all.length, parts], workgroups });
    gpu.release(sums);
    return y;
  },
};

const settings = ['gradient_scale', 'beta1', 'rest1', 'beta2', 'rest2', 'epsilon', 'keep'] as const;

/** A step of AdamW for several parameters, a row of workgroups each, with their moments in place. */
const adamwPrograms = programVariants(
  (parameters: number): GpuProgram => ({
    name: 'adamw',
    reads: indices(parameters).map((index) => real32(`g${index}`)),
    writes: indices(parameters).flatMap((index) => [real32(`p${index}`), real32(`m${index}`), real32(`v${index}`)]),
    uniforms: [
      ...settings.map((name) => [name, 'f32'] as const),
      ...indices(parameters).flatMap(
        (index) =>
          [
            [`count${index}`, 'u32'],
            [`root${index}`, 'f32'],
            [`rate${index}`, 'f32'],
          ] as const,
      ),
    ],
    workgroup: [workgroupSize, 1, 1],
    body: `
  let begin = workgroup.x * ${workgroupSize}u + lane;
  let step = workgroups.x * ${workgroupSize}u;
  switch (workgroup.y) {
${indices(parameters)
  .map(
    (index) => `
    case ${index}u: {
      for (var i = begin; i < u.count${index}; i += step) {
        let g = g${index}[i] * u.gradient_scale;
        let m = m${index}[i] * u.beta1 + g * u.rest1;
        let v = v${index}[i] * u.beta2 + g * g * u.rest2;
        m${index}[i] = m;
        v${index}[i] = v;
        p${index}[i] = p${index}[i] * u.keep - u.rate${index} * m / (sqrt(v) * u.root${index} + u.epsilon);
      }
    }`,
  )
  .join('')}
    default: {}
  }`,
  }),
);

/** In place, without an output; several parameters a dispatch, as many as a program may bind. */
const adamw: GpuKernel = {
  name: 'CotoAdamW',
  run: (gpu, inputs, attributes) => {
    const all = indices(number(attributes, 'count'));
    const atOnce = Math.floor(gpu.mostBuffers / 4);
    for (let first = 0; first < all.length; first += atOnce) {
      const group = all.slice(first, first + atOnce);
      const parameters = group.map((index) => real(inputs, `p${index}`));
      const workgroups = Math.ceil(Math.max(...parameters.map(count)) / valuesAWorkgroup);
      gpu.run(adamwPrograms(group.length), {
        reads: group.map((index) => real(inputs, `g${index}`)),
        writes: group.flatMap((index) => inPlace(inputs, index)),
        uniforms: [...sharedSettings(attributes), ...group.flatMap((index) => own(inputs, attributes, index))],
        workgroups: [Math.min(1024, Math.max(1, workgroups)), group.length, 1],
        changing: true,
      });
    }
    return [];
  },
};

function inPlace(inputs: KernelInputs, index: number): tf.TensorInfo[] {
  return ['p', 'm', 'v'].map((name) => real(inputs, `${name}${index}`));
}

function sharedSettings(attributes: KernelAttributes): number[] {
  const [beta1, beta2] = [number(attributes, 'beta1'), number(attributes, 'beta2')];
  const keep = 1 - number(attributes, 'learningRate') * number(attributes, 'weightDecay');
  const moments = [beta1, 1 - beta1, beta2, 1 - beta2];
  return [number(attributes, 'gradientScale'), ...moments, number(attributes, 'epsilon'), keep];
}

function own(inputs: KernelInputs, attributes: KernelAttributes, index: number): number[] {
  const root = 1 / Math.sqrt(number(attributes, `correction2_${index}`));
  const rate = number(attributes, 'learningRate') / number(attributes, `correction1_${index}`);
  return [count(real(inputs, `p${index}`)), root, rate];
}

export const stepKernels: readonly GpuKernel[] = [sumsOfSquares, adamw];
