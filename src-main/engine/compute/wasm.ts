import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { totalmem } from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import { besideArchive } from '../../archive/beside-archive.ts';
import { type ComputeBackend, unavailable } from './compute-backend.ts';
import { spareBytesOfGroup } from './spare-memory.ts';
import { shareClonedTensors } from './wasm-kernels/identity.ts';
import { registerWasmKernels } from './wasm-kernels/index.ts';
import { countLiveBytes, type LiveBytes } from './wasm-kernels/live-bytes.ts';

const binaryName = 'tfjs-backend-wasm-simd.wasm';

const device = 'CPU, one thread, 128-bit SIMD';

/**
 * True if the project's own kernels are in use; null before the first activation, since they need the backend's memory.
 */
let accelerated: boolean | null = null;

/** null before the first activation. */
let counted: LiveBytes | null = null;

/** WebAssembly with SIMD on one thread: always available, and bitwise reproducible. */
export const wasmBackend: ComputeBackend = {
  id: 'wasm',
  copiesUploads: true,
  peakBytes: { reset: () => counted?.reset(), read: () => counted?.read() ?? 0 },
  probe: async () => {
    const folder = findBinaries();
    return folder === null
      ? unavailable(missingReason)
      : { available: true, kind: 'cpu', device, memoryBytes: addressableBytes(), reason: 'Runs on every machine.' };
  },
  activate: async () => {
    const folder = findBinaries();
    if (folder === null) throw new StudioError('internal', missingReason);
    setWasmPaths(`${folder}${path.sep}`);
    await withoutProcessListeners(async () => {
      if (!(await tf.setBackend('wasm'))) throw new StudioError('internal', 'The WebAssembly backend did not start.');
      await tf.ready();
    });
    if (counted === null) {
      shareClonedTensors();
      counted = countLiveBytes();
    }
    accelerated ??= registerWasmKernels();
    counted.keepWithin(spareBytesOfGroup());
    return { device: accelerated ? device : `${device}, without fused kernels`, threads: 1 };
  },
  followMemoryLimit: () => counted?.keepWithin(spareBytesOfGroup()),
};

/** A WebAssembly memory has 32-bit addresses. */
function addressableBytes(): number {
  return Math.min(2 ** 32, totalmem());
}

const missingReason = `The file ${binaryName} was not found: the installation is incomplete.`;

/** The folder of tfjs's .wasm files: in node_modules, unpacked beside an archive, or next to the bundle. */
function findBinaries(): string | null {
  const own = process.env['COTO_WASM_DIRECTORY'];
  const candidates = own === undefined ? [] : [own];
  // A bundle in CommonJS form has no import.meta.url.
  const anchor = besideArchive(import.meta.url ?? pathToFileURL(process.argv[1] ?? process.execPath).href);
  try {
    candidates.push(path.dirname(createRequire(anchor).resolve('@tensorflow/tfjs-backend-wasm')));
  } catch {
    // Not installed as a package: uses the copies beside the bundle.
  }
  const beside = path.dirname(fileURLToPath(anchor));
  candidates.push(beside, path.join(beside, 'wasm'));
  for (const candidate of candidates) {
    const folder = besideArchive(candidate);
    if (existsSync(path.join(folder, binaryName))) return folder;
  }
  return null;
}

/**
 * tfjs's WebAssembly loader hooks `uncaughtException` and `unhandledRejection` of the whole process and rethrows; the
 * process has its own handling, so the hooks are removed again.
 */
async function withoutProcessListeners(start: () => Promise<void>): Promise<void> {
  const exceptions = new Set(process.listeners('uncaughtException'));
  const rejections = new Set(process.listeners('unhandledRejection'));
  await start();
  for (const listener of process.listeners('uncaughtException'))
    if (!exceptions.has(listener)) process.removeListener('uncaughtException', listener);
  for (const listener of process.listeners('unhandledRejection'))
    if (!rejections.has(listener)) process.removeListener('unhandledRejection', listener);
}
