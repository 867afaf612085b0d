import type * as tf from '@tensorflow/tfjs-core';
import { count, type KernelAttributes, type KernelInputs, number, real } from '../../kernel-inputs.ts';
import { type GpuBinding, type GpuProgram, programVariants } from '../program.ts';
import type { GpuKernel } from './kernel.ts';
import { reductions } from './reduce.ts';

const workgroupSize = 128;
/** Values that a workgroup takes of a tensor. */
const valuesAWorkgroup = 2048;
/** Parts of a tensor that one workgroup sums up one after another; more are summed by as many. */
const maxPartsPerPass = 8;

/** The tensors of a list of inputs. */
function listOf(inputs: KernelInputs, attributes: KernelAttributes): tf.TensorInfo[] {
  const all: tf.TensorInfo[] = [];
  for (let index = 0; index < number(attributes, 'count'); index++) all.push(real(inputs, index));
  return all;
}

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
    const all = listOf(inputs, attributes);
    gpu.share(all, false);
    const largest = all.reduce((most, tensor) => Math.max(most, count(tensor)), 0);
    const parts = Math.min(64, Math.max(1, Math.ceil(largest / valuesAWorkgroup)));
    const isWhole = parts <= maxPartsPerPass;
    const y = gpu.output([all.length]);
    const sums = isWhole ? y : gpu.output([all.length, parts]);
    const groups = new Groups();
    all.forEach((tensor, index) => {
      const { buffer, offset } = gpu.sliceOf(tensor, false);
      groups.add([buffer], count(tensor), [offset / 4, count(tensor), index]);
    });
    for (const { buffers, rows, table } of groups.all) {
      const entries = gpu.uploaded(new Int32Array(table));
      const workgroups = [isWhole ? 1 : parts, rows, 1] as const;
      gpu.run(squares(isWhole), { reads: [...buffers, entries], writes: [sums], uniforms: [parts], workgroups });
      gpu.release(entries);
    }
    if (isWhole) return y;
    const workgroups = gpu.flat(Math.ceil(all.length / 64));
    gpu.run(addParts, { reads: [sums], writes: [y], uniforms: [all.length, parts], workgroups });
    gpu.release(sums);
    return y;
  },
};

/** Tensors in the same buffers, for one dispatch. */
interface Together {
  readonly buffers: readonly GPUBuffer[];
  /** The rows of its table, one after another; reals are given by their bits. */
  readonly table: number[];
  rows: number;
  /** Values of the largest tensor. */
  largest: number;
}

/** Rows of the dispatches of a kernel, by the buffers that their tensors are in. */
class Groups {
  readonly all: Together[] = [];
  private last: Together | undefined;

  /** @param values of the tensor. */
  add(buffers: readonly GPUBuffer[], values: number, row: readonly number[]): void {
    const group = this.groupOf(buffers);
    this.last = group;
    for (let index = 0; index < row.length; index++) group.table.push(row[index] ?? 0);
    group.rows++;
    group.largest = Math.max(group.largest, values);
  }

  private groupOf(buffers: readonly GPUBuffer[]): Together {
    if (this.last !== undefined && isIn(this.last, buffers)) return this.last;
    const known = this.all.find((group) => isIn(group, buffers));
    if (known !== undefined) return known;
    const made = { buffers, table: [], rows: 0, largest: 0 };
    this.all.push(made);
    return made;
  }
}

function isIn({ buffers }: Together, others: readonly GPUBuffer[]): boolean {
  for (let index = 0; index < buffers.length; index++) if (buffers[index] !== others[index]) return false;
  return true;
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
    const length = number(attributes, 'count');
    const parameters: tf.TensorInfo[] = [];
    const gradients: tf.TensorInfo[] = [];
    for (let index = 0; index < length; index++) {
      parameters.push(real(inputs, 4 * index));
      gradients.push(real(inputs, 4 * index + 1));
    }
    gpu.share(parameters, true);
    gpu.share(gradients, false);
    const learningRate = number(attributes, 'learningRate');
    const groups = new Groups();
    for (let index = 0; index < length; index++) {
      const [given, parameter] = [gradients[index], parameters[index]];
      if (given === undefined || parameter === undefined) continue;
      const [g, p] = [gpu.sliceOf(given, false), gpu.sliceOf(parameter, true)];
      const m = gpu.beside(p, 'moment 0', real(inputs, 4 * index + 2));
      const v = gpu.beside(p, 'moment 1', real(inputs, 4 * index + 3));
      const values = count(parameter);
      const rate = learningRate / number(attributes, 2 * index);
      const root = 1 / Math.sqrt(number(attributes, 2 * index + 1));
      const offsets = [p.offset / 4, g.offset / 4, m.offset / 4, v.offset / 4];
      groups.add([g.buffer, p.buffer, m.buffer, v.buffer], values, [...offsets, values, bitsOf(root), bitsOf(rate)]);
    }
    for (const { buffers, rows, table, largest } of groups.all) {
      const workgroups = Math.min(1024, Math.max(1, Math.ceil(largest / valuesAWorkgroup)));
      const [gradient, ...writes] = buffers;
      if (gradient === undefined) continue;
      const entries = gpu.uploaded(new Int32Array(table));
      gpu.run(adamwProgram, {
        reads: [gradient, entries],
        writes,
        uniforms: sharedSettings(attributes),
        workgroups: [workgroups, rows, 1],
        changing: true,
      });
      gpu.release(entries);
    }
    return [];
  },
};

/** Parameters share buffers from then on, before a pass on them is recorded. */
const arrangeParameters: GpuKernel = {
  name: 'CotoArrangeParameters',
  run: (gpu, inputs, attributes) => {
    gpu.share(listOf(inputs, attributes), true);
    return [];
  },
};

function sharedSettings(attributes: KernelAttributes): number[] {
  const [beta1, beta2] = [number(attributes, 'beta1'), number(attributes, 'beta2')];
  const keep = 1 - number(attributes, 'learningRate') * number(attributes, 'weightDecay');
  const moments = [beta1, 1 - beta1, beta2, 1 - beta2];
  return [number(attributes, 'gradientScale'), ...moments, number(attributes, 'epsilon'), keep];
}

export const stepKernels: readonly GpuKernel[] = [sumsOfSquares, adamw, arrangeParameters];
