import { availableParallelism, cpus, totalmem } from 'node:os';
import * as tf from '@tensorflow/tfjs-core';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import { storedEncodings } from '../tensors/stored-matrix.ts';
import { type ComputeBackend, unavailable } from './compute-backend.ts';
import { type NativeAddon, offersLapack } from './native/addon.ts';
import { NativeBackend } from './native/backend.ts';
import { runDecoderStep } from './native/decoder-step.ts';
import { NativeKernels } from './native/kernel-calls.generated.ts';
import { nativeBackendName, registerNativeKernels } from './native/kernels/index.ts';
import { loadAddon } from './native/load-addon.ts';
import { spareBytesOfGroup } from './spare-memory.ts';

/** Our own CPU kernels and oneDNN's products, on several threads: bitwise reproducible with any number of threads. */
export const nativeBackend: ComputeBackend = {
  id: 'native',
  copiesUploads: true,
  probe: async () => {
    const loaded = loadAddon();
    if (!('addon' in loaded)) return unavailable(loaded.reason);
    return {
      available: true,
      kind: 'cpu',
      device: describe(loaded.addon),
      memoryBytes: totalmem(),
      reason: `Compiled for this machine. ${decomposing(loaded.addon)}`,
    };
  },
  activate: async (threads) => {
    const addon = required();
    wantedThreads = threads ?? defaultThreads();
    if (!isRegistered) register(addon);
    if (!(await tf.setBackend(nativeBackendName)))
      throw new StudioError('internal', 'The native compute backend did not start.');
    await tf.ready();
    addon.setThreads(wantedThreads);
    keepWithinGroup(addon);
    return { device: describe(addon), threads: addon.threads() };
  },
  followMemoryLimit: () => keepWithinGroup(required()),
  storage: {
    encodings: storedEncodings,
    // A small model is faster with copies that are packed for its products.
    keepsHalves: false,
    store: async (matrix) => active().store(matrix),
    allowInt8: (matrix) => kernels().allowInt8(active().handle(matrix)),
  },
  decoderStep: (step) => runDecoderStep(active(), step),
  bfloat16: {
    isAvailable: () => {
      const loaded = loadAddon();
      return 'addon' in loaded && new NativeKernels(loaded.addon).computesBfloat16();
    },
    isFaster: () => {
      const { float32, bfloat16 } = measureNativeGemm();
      return bfloat16 >= worthwhile * float32;
    },
  },
  int8: {
    isAvailable: () => {
      const loaded = loadAddon();
      return 'addon' in loaded && new NativeKernels(loaded.addon).computesInt8();
    },
  },
  measureLibraryGemm: ({ rows, inFeatures, outFeatures, bfloat16 }) =>
    kernels().measureLibraryGemm(rows, inFeatures, outFeatures, bfloat16, 60) || null,
  peakBytes: {
    reset: () => required().resetPeak(),
    read: () => required().statistics()[3] ?? 0,
  },
};

let isRegistered = false;
let isLimited = false;
let wantedThreads = defaultThreads();

/** Rates of typical products in both precisions, in GFLOPS. */
interface GemmRates {
  readonly float32: number;
  readonly bfloat16: number;
}

/** Minimum speedup of bfloat16 over float32 for `auto` to choose it. */
const worthwhile = 1.15;

const typicalShapes = [
  [2048, 256, 256],
  [2048, 256, 1024],
] as const;

const measuringRounds = 8;

/** After this many rounds, a precision slower by this factor is not timed further: emulated bfloat16 may take seconds. */
const hopelessRounds = 2;
const hopelesslySlower = 4;

let rates: GemmRates | null = null;

/**
 * Times products with frozen weights (2048 × 256 × 256 and 2048 × 256 × 1024) once, in about a tenth of a second. The two
 * precisions alternate, so that other load affects both. Throws without bfloat16.
 */
export function measureNativeGemm(): GemmRates {
  const addon = required();
  addon.setThreads(wantedThreads);
  if (rates !== null) return rates;
  const timed = new NativeKernels(addon);
  const best: GemmRates[] = [];
  let isHopeless = false;
  for (const [m, k, n] of typicalShapes) {
    const rate = { float32: 0, bfloat16: 0 };
    for (let round = 0; round < measuringRounds && !isHopeless; round++) {
      rate.float32 = Math.max(rate.float32, timed.measureGemm(m, k, n, false, 1));
      rate.bfloat16 = Math.max(rate.bfloat16, timed.measureGemm(m, k, n, true, 1));
      isHopeless = round + 1 === hopelessRounds && hopelesslySlower * rate.bfloat16 < rate.float32;
    }
    best.push(rate);
    if (isHopeless) break;
  }
  const mean = (of: keyof GemmRates) => best.reduce((sum, rate) => sum + rate[of], 0) / best.length;
  rates = { float32: mean('float32'), bfloat16: mean('bfloat16') };
  return rates;
}

/**
 * In a control group with a limit, rejects a tensor that would exceed it with advice: otherwise the kernel would kill
 * the process silently. A reserve covers the rest of the process.
 */
function keepWithinGroup(addon: NativeAddon): void {
  const spare = spareBytesOfGroup();
  if (spare !== null) addon.setMemoryLimit(Math.max(1, (addon.statistics()[2] ?? 0) + spare));
  else if (isLimited) addon.setMemoryLimit(0);
  isLimited = spare !== null;
}

function active(): NativeBackend {
  const backend = tf.backend();
  if (!(backend instanceof NativeBackend)) throw new Error('the native backend is not active');
  return backend;
}

function kernels(): NativeKernels {
  return new NativeKernels(required());
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
  // Node reports many arm64 processors as 'unknown'.
  const model = cpus()[0]?.model.trim() ?? 'unknown';
  const processor = model === 'unknown' ? process.arch : model;
  return `${processor} (${addon.describe()}; ${wantedThreads} ${wantedThreads === 1 ? 'thread' : 'threads'})`;
}

/** Names the library that decomposes large matrices, or why JavaScript does. */
function decomposing(addon: NativeAddon): string {
  const isOffered = offersLapack(addon);
  if (isOffered && addon.hasLapack()) return `${addon.describeLapack()} decomposes large matrices.`;
  const why = isOffered ? addon.describeLapack() : 'the addon is of an earlier version';
  return `Without LAPACK (${why}), JavaScript decomposes large matrices, about ten times slower.`;
}

function defaultThreads(): number {
  return threadsFromEnvironment() ?? availableParallelism();
}

function threadsFromEnvironment(): number | null {
  const given = Number.parseInt(process.env['COTO_THREADS'] ?? '', 10);
  return given >= 1 ? given : null;
}
