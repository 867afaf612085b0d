import type * as tf from '@tensorflow/tfjs-core';
import { type KernelAttributes, type KernelInputs, number, real, size } from '../../kernel-inputs.ts';
import { attentionKeyGradient, attentionQueryGradient, attentionRowSums } from './attention-gradient-programs.ts';
import { attentionBlock, attentionForward, headForm } from './attention-programs.ts';
import type { GpuKernel } from './kernel.ts';

function sizesOf(q: tf.TensorInfo, attributes: KernelAttributes) {
  const [heads, keyValueHeads] = [number(attributes, 'heads'), number(attributes, 'keyValueHeads')];
  const [queries, tokens] = [number(attributes, 'queries'), number(attributes, 'tokens')];
  const headSize = size(q, 1) / heads;
  const limits = ['causal', 'window', 'scale', 'softcap'].map((name) => number(attributes, name));
  const uniforms = [queries, tokens, heads, keyValueHeads, headSize, ...limits];
  return {
    batch: number(attributes, 'batch'),
    queries,
    tokens,
    heads,
    keyValueHeads,
    headSize,
    uniforms,
    hasCap: number(attributes, 'softcap') > 0,
  };
}

/** The mask in a list, empty where there is none. */
function maskOf(inputs: KernelInputs): tf.TensorInfo[] {
  return inputs['mask'] === undefined ? [] : [real(inputs, 'mask')];
}

/** Outputs y and the logarithms of the softmaxes' denominators. */
const attention: GpuKernel = {
  name: 'CotoAttention',
  run: (gpu, inputs, attributes) => {
    const [q, k, v] = [real(inputs, 'q'), real(inputs, 'k'), real(inputs, 'v')];
    const { batch, queries, heads, headSize, uniforms, hasCap } = sizesOf(q, attributes);
    const mask = maskOf(inputs);
    const { lanes, chunks } = headForm(headSize);
    const [y, sums] = [gpu.output(q.shape), gpu.output([batch * heads, queries])];
    gpu.run(attentionForward(lanes, chunks, mask.length > 0, hasCap), {
      reads: [q, k, v, ...mask],
      writes: [y, sums],
      uniforms,
      workgroups: [Math.ceil(queries / attentionBlock), heads, batch],
    });
    return [y, sums];
  },
};

const attentionGradient: GpuKernel = {
  name: 'CotoAttentionGradient',
  run: (gpu, inputs, attributes) => {
    const [q, k, v] = [real(inputs, 'q'), real(inputs, 'k'), real(inputs, 'v')];
    const [y, sums, dy] = [real(inputs, 'y'), real(inputs, 'logSumExp'), real(inputs, 'dy')];
    const { batch, queries, tokens, heads, keyValueHeads, headSize, uniforms, hasCap } = sizesOf(q, attributes);
    const mask = maskOf(inputs);
    const { lanes, chunks } = headForm(headSize);
    const rows = batch * heads * queries;
    const rowSums = gpu.output([2, rows]);
    gpu.run(attentionRowSums, {
      reads: [y, dy, sums],
      writes: [rowSums],
      uniforms: [rows, queries, heads, headSize],
      workgroups: gpu.flat(Math.ceil(rows / 8)),
    });
    const [dq, dk, dv] = [gpu.output(q.shape), gpu.output(k.shape), gpu.output(v.shape)];
    const given = { reads: [q, k, v, dy, rowSums, ...mask], uniforms: [...uniforms, rows] };
    gpu.run(attentionQueryGradient(lanes, chunks, mask.length > 0, hasCap), {
      ...given,
      writes: [dq],
      workgroups: [Math.ceil(queries / attentionBlock), heads, batch],
    });
    gpu.run(attentionKeyGradient(lanes, chunks, mask.length > 0, hasCap), {
      ...given,
      writes: [dk, dv],
      workgroups: [Math.ceil(tokens / attentionBlock), keyValueHeads, batch],
    });
    gpu.release(rowSums);
    return [dq, dk, dv];
  },
};

export const attentionKernels: readonly GpuKernel[] = [attention, attentionGradient];
