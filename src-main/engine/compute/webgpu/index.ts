import * as tf from '@tensorflow/tfjs-core';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import { type ComputeBackend, type ComputeProbe, unavailable } from '../compute-backend.ts';
import type { PassRecorder } from '../pass-recorder.ts';
import { allowedBytes } from './buffer-limits.ts';
import { cardOf, isSoftware, nameOf, usageOf } from './card.ts';
import { type DeviceWatch, findAdapter, openDevice } from './device.ts';
import { gpuEncodings } from './encodings/index.ts';
import { subgroupMatricesOf, subgroupMatrixFeature } from './kernels/subgroup-matrices.ts';
import { chooseExact, chooseRounded, type ProductFeatures } from './product-choice.ts';
import type { ProgramRunner } from './program-runner.ts';
import { storeMatrix } from './store-matrix.ts';
import { watchedBackend } from './watched-backend.ts';

let watch: DeviceWatch | null = null;
let programs: ProgramRunner | null = null;
/** Memory of the card, as its driver tells; null where nothing tells. */
let cardBytes: number | null = null;
/** Limit for all buffers together; null: none. */
let maxBytes: number | null = null;
let recorder: PassRecorder | null = null;
/** Choices of the product methods on the device: each is timed once. */
let exactChoice: Promise<void> | null = null;
let roundedChoice: Promise<void> | null = null;

/**
 * Any Vulkan, Metal or Direct3D 12 GPU by WebGPU: tfjs's backend on Dawn, in the package `webgpu`. Only loaded in a
 * separate process: terminating a thread during work aborts the process.
 */
export const webgpuBackend: ComputeBackend = {
  id: 'webgpu',
  isAsynchronous: true,
  probe,
  activate: async () => {
    if (watch === null || watch.failure() !== null) watch = await start();
    followMemoryLimit();
    if (!(await tf.setBackend('webgpu'))) throw new StudioError('internal', 'The WebGPU backend did not start.');
    exactChoice ??= chooseExact(runningPrograms(), featuresOf(watch));
    await exactChoice;
    return { device: watch.name, threads: 1 };
  },
  storage: {
    encodings: gpuEncodings.map(({ encoding }) => encoding),
    keepsHalves: true,
    store: async (matrix) => storeMatrix(runningPrograms(), matrix),
    allowFloat16: async (matrix) => {
      if (watch === null) return;
      roundedChoice ??= chooseRounded(runningPrograms(), featuresOf(watch));
      await roundedChoice;
      runningPrograms().products.allowRounding(matrix);
    },
  },
  passRecorder: () => recorder,
  float16Products: () => (roundedChoice === null ? null : (programs?.products.rounded.label ?? null)),
  failure: () => watch?.failure() ?? null,
  followMemoryLimit,
};

function runningPrograms(): ProgramRunner {
  if (programs === null) throw new Error('the WebGPU backend is not active');
  return programs;
}

/** Sizes of the products that are timed. */
const timedSizes = { card: 1024, software: 256 };

function featuresOf({ device, info }: DeviceWatch): ProductFeatures {
  return {
    hasFloat16: device.features.has('shader-f16'),
    matrices: new Set<string>(device.features).has(subgroupMatrixFeature) ? subgroupMatricesOf(info) : [],
    size: isSoftware(info) ? timedSizes.software : timedSizes.card,
  };
}

function followMemoryLimit(): void {
  maxBytes = smaller(allowedBytes(), cardBytes);
}

async function probe(): Promise<ComputeProbe> {
  const found = await findAdapter();
  if (typeof found === 'string') return unavailable(found);
  const { adapter } = found;
  const card = cardOf(adapter);
  const device = nameOf(adapter.info);
  if (isSoftware(adapter.info))
    return {
      available: true,
      kind: 'software',
      device,
      ...memoryOf(null),
      card,
      reason: 'A software renderer on the CPU, slower than the CPU backends: only used where it is chosen by name.',
    };
  const usage = await usageOf(adapter.info);
  return {
    available: true,
    kind: 'gpu',
    device: usage?.name ?? device,
    ...memoryOf(usage?.memoryTotalBytes ?? null),
    card,
    reason: card.float16
      ? 'A graphics device was found.'
      : 'A graphics device was found. Its programs have no float16 (shader-f16): products run in float32.',
  };
}

function memoryOf(ofCard: number | null): Pick<ComputeProbe, 'memoryBytes'> {
  const memoryBytes = smaller(allowedBytes(), ofCard);
  return memoryBytes === null ? {} : { memoryBytes };
}

function smaller(one: number | null, other: number | null): number | null {
  return one === null || other === null ? (one ?? other) : Math.min(one, other);
}

async function start(): Promise<DeviceWatch> {
  const found = await findAdapter();
  if (typeof found === 'string') throw new StudioError('refused', found, 'Choose another compute backend in Settings.');
  const opened = await openDevice(found);
  cardBytes = isSoftware(opened.info) ? null : ((await usageOf(opened.info))?.memoryTotalBytes ?? null);
  // After a loss of the device nothing can be read back.
  if (tf.findBackend('webgpu')) tf.removeBackend('webgpu');
  recorder = exactChoice = roundedChoice = null;
  tf.registerBackend('webgpu', () =>
    watchedBackend(
      opened,
      () => maxBytes,
      (started, recording) => {
        programs = started;
        recorder = recording;
      },
    ),
  );
  return opened;
}
