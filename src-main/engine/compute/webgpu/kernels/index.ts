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

/** tfjs's own kernel for rows of a matrix, in whose place one of ours is. */
let tfjsGather: tf.KernelConfig | undefined;

/** Registers our kernels for tfjs's WebGPU backend of `gpu`, in place of those of a device before it. */
export function registerGpuKernels(gpu: ProgramRunner): void {
  unregisterGpuKernels();
  registerGather(gpu);
  for (const { name, run } of gpuKernels)
    tf.registerKernel({
      kernelName: name,
      backendName,
      kernelFunc: ({ inputs, attrs }) => run(gpu, inputs, attrs ?? none),
    });
}

/** Removes the kernels again, to compare them with the compositions. */
export function unregisterGpuKernels(): void {
  if (tfjsGather !== undefined) replaceKernel(tfjsGather);
  for (const { name } of gpuKernels) if (tf.getKernel(name, backendName)) tf.unregisterKernel(name, backendName);
}

/** Embeddings gather rows of a table: of an encoded one only those are decoded. */
function registerGather(gpu: ProgramRunner): void {
  const whole = tf.getKernel(tf.GatherV2, backendName);
  if (whole === undefined) throw new Error("tfjs's WebGPU backend gathers nothing");
  tfjsGather = whole;
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

function replaceKernel(kernel: tf.KernelConfig): void {
  tf.unregisterKernel(kernel.kernelName, backendName);
  tf.registerKernel(kernel);
}
