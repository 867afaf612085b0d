import * as tf from '@tensorflow/tfjs-core';
import { input, number } from '../../kernel-inputs.ts';
import type { ProgramRunner } from '../program-runner.ts';
import { activationKernels } from './activations.ts';
import { attentionKernels } from './attention.ts';
import { doraKernels } from './dora.ts';
import { dropoutMask } from './dropout-mask.ts';
import { gatherEncodedRows } from './gather.ts';
import { halfKernels } from './halves.ts';
import { hiraKernels } from './hira.ts';
import type { GpuKernel } from './kernel.ts';
import { loraKernels } from './lora.ts';
import { lossKernels } from './losses.ts';
import { matmulKernels } from './matmul.ts';
import { normKernels } from './norms.ts';
import { stepKernels } from './optimizer.ts';
import { rotary } from './rotary.ts';

/** Our operations that have a kernel of WGSL. Others are composed of these and of tfjs's kernels. */
const gpuKernels: readonly GpuKernel[] = [
  ...activationKernels,
  ...normKernels,
  rotary,
  ...matmulKernels,
  ...loraKernels,
  ...doraKernels,
  ...hiraKernels,
  dropoutMask,
  ...attentionKernels,
  ...lossKernels,
  ...halfKernels,
  ...stepKernels,
];

const backendName = 'webgpu';
const none = {};

/** tfjs's own kernels, in whose place one of ours is: for rows of a matrix, and for changes of a type. */
let tfjsKernels: tf.KernelConfig[] = [];

/** Registers our kernels for tfjs's WebGPU backend of `gpu`, in place of those of a device before it. */
export function registerGpuKernels(gpu: ProgramRunner): void {
  unregisterGpuKernels();
  registerGather(gpu);
  registerCast();
  for (const { name, run } of gpuKernels)
    tf.registerKernel({
      kernelName: name,
      backendName,
      kernelFunc: ({ inputs, attrs }) => run(gpu, inputs, attrs ?? none),
    });
}

/** Removes the kernels again, to compare them with the compositions. */
export function unregisterGpuKernels(): void {
  for (const kernel of tfjsKernels) replaceKernel(kernel);
  tfjsKernels = [];
  for (const { name } of gpuKernels) if (tf.getKernel(name, backendName)) tf.unregisterKernel(name, backendName);
}

/** Embeddings gather rows of a table: of an encoded one only those are decoded. */
function registerGather(gpu: ProgramRunner): void {
  const whole = tfjsKernel(tf.GatherV2);
  replaceKernel({
    ...whole,
    kernelFunc: (given) => {
      const [x, places] = [input(given.inputs, 'x'), input(given.inputs, 'indices')];
      const encoding = gpu.encodingOf(x);
      const isOfRows = x.shape.length === 2 && places.shape.length === 1 && number(given.attrs ?? none, 'axis') === 0;
      return encoding !== null && isOfRows ? gatherEncodedRows(gpu, encoding, x, places) : whole.kernelFunc(given);
    },
  });
}

/**
 * tfjs makes floats of integers by another name for the same bits, which its own programs know to read as integers, but ours do
 * not: here the values are written as floats.
 */
function registerCast(): void {
  const [whole, product] = [tfjsKernel(tf.Cast), tfjsKernel(tf.Multiply)];
  replaceKernel({
    ...whole,
    kernelFunc: (given) => {
      const x = input(given.inputs, 'x');
      const isInteger = x.dtype === 'int32' || x.dtype === 'bool';
      if (!isInteger || given.attrs?.['dtype'] !== 'float32') return whole.kernelFunc(given);
      const one = tf.scalar(1);
      try {
        return product.kernelFunc({ ...given, inputs: { a: x, b: one }, attrs: {} });
      } finally {
        one.dispose();
      }
    },
  });
}

/** tfjs's own kernel, which `unregisterGpuKernels` gives back. */
function tfjsKernel(name: string): tf.KernelConfig {
  const found = tf.getKernel(name, backendName);
  if (found === undefined) throw new Error(`tfjs's WebGPU backend has no ${name}`);
  tfjsKernels.push(found);
  return found;
}

function replaceKernel(kernel: tf.KernelConfig): void {
  tf.unregisterKernel(kernel.kernelName, backendName);
  tf.registerKernel(kernel);
}
