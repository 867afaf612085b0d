import * as tf from '@tensorflow/tfjs-core';
import { NativeBackend, toStudioError } from '../backend.ts';
import { activationKernels } from './activations.ts';
import { appendRows } from './append-rows.ts';
import { attentionKernels } from './attention.ts';
import { binaryKernels, comparisonKernels, logicalKernels, logicalNot } from './binary.ts';
import { cast } from './cast.ts';
import { concatKernels } from './concat.ts';
import { constantKernels } from './constants.ts';
import { doraKernels } from './dora.ts';
import { gatherSelectKernels } from './gather-select.ts';
import { gemmKernels } from './gemm.ts';
import { halfKernels } from './halves.ts';
import { hiraKernels } from './hira.ts';
import type { NativeKernel } from './kernel.ts';
import { layoutKernels } from './layout.ts';
import { loraGradientKernels } from './lora.ts';
import { lossKernels } from './losses.ts';
import { matmulKernels } from './matmul.ts';
import { normKernels } from './norms.ts';
import { stepKernels } from './optimizer.ts';
import { cumulativeSum, extremeKernels, logicalReductionKernels, reductionKernels, softmax } from './reductions.ts';
import { expandDims, identity, reshape } from './shapes.ts';
import { stackedKernels } from './stacked.ts';
import { testKernels, unaryKernels } from './unary.ts';

/** Every kernel of the native backend. Other operations are composed of these, or not supported. */
const nativeKernels: readonly NativeKernel[] = [
  ...unaryKernels,
  ...testKernels,
  ...binaryKernels,
  ...comparisonKernels,
  ...logicalKernels,
  logicalNot,
  cast,
  identity,
  reshape,
  expandDims,
  ...constantKernels,
  ...layoutKernels,
  ...concatKernels,
  appendRows,
  ...gatherSelectKernels,
  ...reductionKernels,
  ...logicalReductionKernels,
  ...extremeKernels,
  cumulativeSum,
  softmax,
  ...matmulKernels,
  ...gemmKernels,
  ...stackedKernels,
  ...loraGradientKernels,
  ...doraKernels,
  ...hiraKernels,
  ...halfKernels,
  ...activationKernels,
  ...normKernels,
  ...attentionKernels,
  ...lossKernels,
  ...stepKernels,
];

const none = {};

export const nativeBackendName = 'native';

export function registerNativeKernels(): void {
  for (const { name, run } of nativeKernels)
    tf.registerKernel({
      kernelName: name,
      backendName: nativeBackendName,
      kernelFunc: ({ inputs, attrs, backend }) => {
        if (!(backend instanceof NativeBackend)) throw new Error(`${name} of the native backend runs on another`);
        try {
          return run(backend, inputs, attrs ?? none);
        } catch (error) {
          throw toStudioError(error);
        }
      },
    });
}
