import type * as tf from '@tensorflow/tfjs-core';
import { count, type KernelAttributes, number, real } from '../../kernel-inputs.ts';
import type { GpuSlice } from '../../tfjs-internals.ts';
import { type GpuBinding, type GpuProgram, programVariants } from '../program.ts';
import type { ProgramRunner } from '../program-runner.ts';
import type { GpuKernel } from './kernel.ts';
import { reductions } from './reduce.ts';

const workgroupSize = 128;
/** Values that a workgroup takes of a tensor. */
const valuesAWorkgroup = 2048;
/** Parts of a tensor that one workgroup sums up one after another; more are summed by as many. */
const mostPartsInOne = 8;

const indices = (length: number) => Array.from({ length }, (_, index) => index);
const real32 = (name: string): GpuBinding => ({ name, type: 'f32' });
const table: GpuBinding = { name: 'table', type: 'i32' };

/** Sums of squares of tensors in one buffer, a row of workgroups each: of each part of a tensor, or of all in one workgroup. */
const squares = programVariants(
  (isWhole: boolean): GpuProgram => ({
    name: isWhole ? 'squares' : 'squares_in_parts',
    reads: [real32('x'), table],
    writes: [real32('sums')],
    uniforms: [['parts', 'u32']],
    workgroup: [workgroupSize, 1, 1],
    declarations: reductions(workgroupSize),
    body: `
  let entry = workgroup.y * 3u;
  let offset = u32(table[entry]);
  let count = u32(table[entry + 1u]);
  let to = u32(table[entry + 2u]);
  let step = u.parts * ${workgroupSize}u;
  var total = 0.0;
  let last = ${isWhole ? 'u.parts' : 'workgroup.x + 1u'};
  for (var part = workgroup.x; part < last; part++) {
    var own = 0.0;
    for (var i = part * ${workgroupSize}u + lane; i < count; i += step) { own += x[offset + i] * x[offset + i]; }
    total += sum_all(own, lane);
  }
  if (lane == 0u) { sums[${isWhole ? 'to' : 'to * u.parts + workgroup.x'}] = total; }`,
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
    gpu.share(all, false);
    const largest = Math.max(...all.map(count));
    const parts = Math.min(64, Math.max(1, Math.ceil(largest / valuesAWorkgroup)));
    const isWhole = parts <= mostPartsInOne;
    const y = gpu.output([all.length]);
    const sums = isWhole ? y : gpu.output([all.length, parts]);
    const places = all.map((tensor, index) => {
      const slice = gpu.sliceOf(tensor, false);
      return { slices: [slice], entry: [slice.offset / 4, count(tensor), index] };
    });
    for (const { buffers, entries } of together(places)) {
      const rows = tableOf(gpu, entries);
      const workgroups = [isWhole ? 1 : parts, entries.length, 1] as const;
      gpu.run(squares(isWhole), { reads: [...buffers, rows], writes: [sums], uniforms: [parts], workgroups });
      gpu.release(rows);
    }
    if (isWhole) return y;
    const workgroups = gpu.flat(Math.ceil(all.length / 64));
    gpu.run(addParts, { reads: [sums], writes: [y], uniforms: [all.length, parts], workgroups });
    gpu.release(sums);
    return y;
  },
};

/** What a dispatch does with one of its tensors, or with those of one parameter. */
interface Place {
  readonly slices: readonly GpuSlice[];
  /** Its row of the table. */
  readonly entry: readonly number[];
}

/** Places in the same buffers, for one dispatch. */
interface Together {
  readonly buffers: readonly GPUBuffer[];
  readonly entries: (readonly number[])[];
}

function together(places: readonly Place[]): Together[] {
  const groups: Together[] = [];
  let last: Together | undefined;
  for (const { slices, entry } of places) {
    const isSame = ({ buffers }: Together) => buffers.every((buffer, index) => buffer === slices[index]?.buffer);
    const found = last !== undefined && isSame(last) ? last : groups.find(isSame);
    last = found ?? { buffers: slices.map(({ buffer }) => buffer), entries: [] };
    if (found === undefined) groups.push(last);
    last.entries.push(entry);
  }
  return groups;
}

/** Rows of the table of a dispatch, whose reals are given by their bits. */
function tableOf(gpu: ProgramRunner, entries: readonly (readonly number[])[]): tf.TensorInfo {
  return gpu.uploaded(Int32Array.from(entries.flat()));
}

const bits = new DataView(new ArrayBuffer(4));

function bitsOf(value: number): number {
  bits.setFloat32(0, value);
  return bits.getInt32(0);
}

const settings = ['gradient_scale', 'beta1', 'rest1', 'beta2', 'rest2', 'epsilon', 'keep'] as const;

/** A step of AdamW for parameters in one buffer, a row of workgroups each, with their moments in place. */
const adamwProgram: GpuProgram = {
  name: 'adamw',
  reads: [real32('gradients'), table],
  writes: [real32('parameters'), real32('firsts'), real32('seconds')],
  uniforms: settings.map((name) => [name, 'f32'] as const),
  workgroup: [workgroupSize, 1, 1],
  body: `
  let entry = workgroup.y * 7u;
  let at_p = u32(table[entry]);
  let at_g = u32(table[entry + 1u]);
  let at_m = u32(table[entry + 2u]);
  let at_v = u32(table[entry + 3u]);
  let count = u32(table[entry + 4u]);
  let root = bitcast<f32>(table[entry + 5u]);
  let rate = bitcast<f32>(table[entry + 6u]);
  for (var i = workgroup.x * ${workgroupSize}u + lane; i < count; i += workgroups.x * ${workgroupSize}u) {
    let g = gradients[at_g + i] * u.gradient_scale;
    let m = firsts[at_m + i] * u.beta1 + g * u.rest1;
    let v = seconds[at_v + i] * u.beta2 + g * g * u.rest2;
    firsts[at_m + i] = m;
    seconds[at_v + i] = v;
    parameters[at_p + i] = parameters[at_p + i] * u.keep - rate * m / (sqrt(v) * root + u.epsilon);
  }`,
};

/**
 * In place, without an output; a dispatch for all parameters that share a buffer, which they do from then on: as their moments and
 * gradients.
 */
const adamw: GpuKernel = {
  name: 'CotoAdamW',
  run: (gpu, inputs, attributes) => {
    const all = indices(number(attributes, 'count'));
    const parameters = all.map((index) => real(inputs, `p${index}`));
    const gradients = all.map((index) => real(inputs, `g${index}`));
    gpu.share(parameters, true);
    gpu.share(gradients, false);
    const places = parameters.map((parameter, index): Place => {
      const moments = [real(inputs, `m${index}`), real(inputs, `v${index}`)];
      moments.forEach((moment, which) => {
        gpu.shareBeside(parameter, `moment ${which}`, moment);
      });
      const [gradient, ...written] = [gradients[index] ?? parameter, parameter, ...moments].map((tensor, which) =>
        gpu.sliceOf(tensor, which > 0),
      );
      const slices = [gradient, ...written].filter((slice) => slice !== undefined);
      const offsets = [1, 0, 2, 3].map((which) => (slices[which]?.offset ?? 0) / 4);
      return { slices, entry: [...offsets, count(parameter), ...ownSettings(attributes, index)] };
    });
    for (const { buffers, entries } of together(places)) {
      const [gradient, ...writes] = buffers;
      if (gradient === undefined) continue;
      const rows = tableOf(gpu, entries);
      const largest = Math.max(...entries.map((entry) => entry[4] ?? 0));
      const workgroups = Math.min(1024, Math.max(1, Math.ceil(largest / valuesAWorkgroup)));
      gpu.run(adamwProgram, {
        reads: [gradient, rows],
        writes,
        uniforms: sharedSettings(attributes),
        workgroups: [workgroups, entries.length, 1],
        changing: true,
      });
      gpu.release(rows);
    }
    return [];
  },
};

/** Parameters share buffers from then on, before a pass on them is recorded. */
const arrangeParameters: GpuKernel = {
  name: 'CotoArrangeParameters',
  run: (gpu, inputs, attributes) => {
    const all = indices(number(attributes, 'count')).map((index) => real(inputs, `p${index}`));
    gpu.share(all, true);
    return [];
  },
};

function sharedSettings(attributes: KernelAttributes): number[] {
  const [beta1, beta2] = [number(attributes, 'beta1'), number(attributes, 'beta2')];
  const keep = 1 - number(attributes, 'learningRate') * number(attributes, 'weightDecay');
  const moments = [beta1, 1 - beta1, beta2, 1 - beta2];
  return [number(attributes, 'gradientScale'), ...moments, number(attributes, 'epsilon'), keep];
}

function ownSettings(attributes: KernelAttributes, index: number): number[] {
  const root = 1 / Math.sqrt(number(attributes, `correction2_${index}`));
  const rate = number(attributes, 'learningRate') / number(attributes, `correction1_${index}`);
  return [bitsOf(root), bitsOf(rate)];
}

export const stepKernels: readonly GpuKernel[] = [sumsOfSquares, adamw, arrangeParameters];
