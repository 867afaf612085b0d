import * as tf from '@tensorflow/tfjs-core';
import type { ProgramRunner } from '../program-runner.ts';
import { activationKernels } from './activations.ts';
import { attentionKernels } from './attention.ts';
import type { GpuKernel } from './kernel.ts';
import { lossKernels } from './losses.ts';
import { matmul } from './matmul.ts';
import { normKernels } from './norms.ts';
import { stepKernels } from './optimizer.ts';
import { rotary } from './rotary.ts';

/** Our operations that have a kernel of WGSL. Others are composed of these and of tfjs's kernels. */
const gpuKernels: readonly GpuKernel[] = [
  ...activationKernels,
  ...normKernels,
  rotary,
  matmul,
  ...attentionKernels,
  ...lossKernels,
  ...stepKernels,
];

const backendName = 'webgpu';
const none = {};

/** Registers our kernels for tfjs's WebGPU backend of `gpu`, in place of those of a device before it. */
export function registerGpuKernels(gpu: ProgramRunner): void {
  unregisterGpuKernels();
  for (const { name, run } of gpuKernels)
    tf.registerKernel({
      kernelName: name,
      backendName,
      kernelFunc: ({ inputs, attrs }) => run(gpu, inputs, attrs ?? none),
    });
}

/** Removes the kernels again, to compare them with the compositions. */
export function unregisterGpuKernels(): void {
  for (const { name } of gpuKernels) if (tf.getKernel(name, backendName)) tf.unregisterKernel(name, backendName);
}
