import { availableParallelism, cpus, totalmem } from 'node:os';
import * as tf from '@tensorflow/tfjs-core';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import { type ComputeBackend, unavailable } from './compute-backend.ts';
import type { NativeAddon } from './native/addon.ts';
import { NativeBackend } from './native/backend.ts';
import { nativeBackendName, registerNativeKernels } from './native/kernels/index.ts';
import { loadAddon } from './native/load-addon.ts';

/** Our own CPU kernels and oneDNN's products, on several threads: bit-for-bit repeatable at any number of threads. */
export const nativeBackend: ComputeBackend = {
  id: 'native',
  copiesUploads: true,
  probe: async () => {
    const loaded = loadAddon();
    if (!('addon' in loaded)) return unavailable(loaded.reason);
    return { available: true, kind: 'cpu', device: describe(loaded.addon), reason: 'Compiled for this machine.' };
  },
  activate: async (threads = defaultThreads()) => {
    const addon = required();
    if (!isRegistered) register(addon);
    if (!(await tf.setBackend(nativeBackendName)))
      throw new StudioError('internal', 'The native compute backend did not start.');
    await tf.ready();
    addon.setThreads(threads);
    return { device: describe(addon), threads: addon.threads() };
  },
  bfloat16IsFaster: () => {
    const { float32, bfloat16 } = measureNativeProducts();
    return bfloat16 >= worthwhile * float32;
  },
  bfloat16Product: (a, b) => product(a, b, { frozen: true, bfloat16: true }),
  peakBytes: {
    reset: () => required().resetPeak(),
    read: () => required().statistics()[3] ?? 0,
  },
};

let isRegistered = false;

/** bfloat16 must be this much faster than float32 before it is taken unasked. */
const worthwhile = 1.15;

const typicalProducts = [
  [2048, 256, 256],
  [2048, 256, 1024],
] as const;

let rates: { readonly float32: number; readonly bfloat16: number } | null = null;

/** GFLOPS of products with frozen weights (2048 × 256 × 256 and 2048 × 256 × 1024), timed once in about a tenth of a second. */
export function measureNativeProducts(): { readonly float32: number; readonly bfloat16: number } {
  const addon = required();
  const mean = (bfloat16: number) =>
    typicalProducts.reduce((sum, [m, k, n]) => sum + addon.measureProduct(m, k, n, bfloat16, 5), 0) /
    typicalProducts.length;
  rates ??= { float32: mean(0), bfloat16: mean(1) };
  return rates;
}

function required(): NativeAddon {
  const loaded = loadAddon();
  if ('addon' in loaded) return loaded.addon;
  throw new StudioError('refused', loaded.reason, 'Choose another compute backend in Settings.');
}

function register(addon: NativeAddon): void {
  registerNativeKernels();
  tf.registerBackend(nativeBackendName, () => new NativeBackend(addon));
  isRegistered = true;
}

function describe(addon: NativeAddon): string {
  const processor = cpus()[0]?.model.trim() ?? process.arch;
  return `${processor} (${addon.describe()})`;
}

/** All cores, or what the environment variable COTO_THREADS says. */
function defaultThreads(): number {
  const given = Number.parseInt(process.env['COTO_THREADS'] ?? '', 10);
  return given >= 1 ? given : availableParallelism();
}
