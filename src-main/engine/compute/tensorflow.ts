import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { pathToFileURL } from 'node:url';
import util from 'node:util';
import * as tf from '@tensorflow/tfjs-core';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import { type ComputeBackend, type ComputeProbe, unavailable } from './compute-backend.ts';

const packageName = '@tensorflow/tfjs-node-gpu';

/**
 * libtensorflow through tfjs's own addon: CUDA where the machine has it, else the CPU. Optional, since its install downloads
 * libtensorflow. Only ever loaded in a child process, because a driver crash or its clash with Electron's main process would
 * take the application down.
 */
export const tensorflowBackend: ComputeBackend = {
  id: 'tensorflow',
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
    createRequire(anchor).resolve(`${packageName}/lib/napi-v8/tfjs_binding.node`);
  } catch {
    return unavailable(
      `${packageName} is not installed, or without its addon; with it, training would run on an NVIDIA GPU.`,
    );
  }
  return { available: true, kind: 'cpu', device: 'libtensorflow', reason: `${packageName} is installed.` };
}

/** tfjs-node calls `util.isNullOrUndefined`, which Node 23 removed. */
function provideIsNullOrUndefined(): void {
  if ('isNullOrUndefined' in util) return;
  Object.defineProperty(util, 'isNullOrUndefined', {
    value: (value: unknown) => value === null || value === undefined,
  });
}
