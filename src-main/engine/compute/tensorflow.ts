import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { pathToFileURL } from 'node:url';
import util from 'node:util';
import * as tf from '@tensorflow/tfjs-core';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { ComputeBackend, ComputeProbe } from './compute-backend.ts';

const packageName = '@tensorflow/tfjs-node-gpu';

/**
 * libtensorflow through tfjs's own addon: CUDA where the machine has it, else the CPU. Optional, since its install downloads
 * libtensorflow. Only ever loaded in a child process, because a driver crash or its clash with Electron's main process would
 * take the application down.
 */
export const tensorflowBackend: ComputeBackend = {
  id: 'tensorflow',
  label: 'TensorFlow',
  probe: async () => probe(),
  activate: async () => {
    const state = probe();
    if (!state.available) throw new StudioError('refused', state.reason, 'Choose another compute backend in Settings.');
    provideIsNullOrUndefined();
    await import(packageName);
    if (!(await tf.setBackend('tensorflow')))
      throw new StudioError('refused', `${packageName} is installed, but libtensorflow did not start.`);
    await tf.ready();
    return { device: 'libtensorflow', threads: availableParallelism() };
  },
};

function probe(): ComputeProbe {
  const anchor = import.meta.url ?? pathToFileURL(process.argv[1] ?? process.execPath).href;
  try {
    createRequire(anchor).resolve(packageName);
  } catch {
    return {
      available: false,
      device: null,
      reason: `${packageName} is not installed; with it, training would run on an NVIDIA GPU, or on libtensorflow's CPU kernels.`,
    };
  }
  if (process.env['COTO_ENGINE_PROCESS'] !== 'child')
    return {
      available: false,
      device: null,
      reason: `${packageName} is installed, but may only be loaded by an engine in a child process of its own; this engine runs in a thread.`,
    };
  return { available: true, device: 'libtensorflow', reason: `${packageName} is installed.` };
}

/** tfjs-node calls `util.isNullOrUndefined`, which Node 23 removed. */
function provideIsNullOrUndefined(): void {
  if ('isNullOrUndefined' in util) return;
  Object.defineProperty(util, 'isNullOrUndefined', {
    value: (value: unknown) => value === null || value === undefined,
  });
}
