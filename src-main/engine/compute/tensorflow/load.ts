import { createRequire, registerHooks } from 'node:module';
import util from 'node:util';
import * as tf from '@tensorflow/tfjs-core';
import type { TFJSBinding } from '@tensorflow/tfjs-node-gpu/dist/tfjs_binding.js';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import { besideArchive } from '../../../archive/beside-archive.ts';
import type { TensorflowInstallation } from './installation.ts';
import { libraryVariables } from './library-variables.ts';

/** tfjs's kernels on the addon of `installation`, with its own modules left as they are. */
export async function makeTensorflowBackend(installation: TensorflowInstallation): Promise<tf.KernelBackend> {
  const binding = loadBinding(installation);
  provideIsNullOrUndefined();
  // The kernels import all of tfjs but only use its core.
  const hooks = registerHooks({
    resolve: (specifier, context, next) =>
      next(specifier === '@tensorflow/tfjs' ? '@tensorflow/tfjs-core' : specifier, context),
  });
  try {
    await import('@tensorflow/tfjs-node-gpu/dist/register_all_kernels.js');
    const { NodeJSKernelBackend } = await import('@tensorflow/tfjs-node-gpu/dist/nodejs_kernel_backend.js');
    mendRound();
    return new NodeJSKernelBackend(binding, '@tensorflow/tfjs-node');
  } finally {
    hooks.deregister();
  }
}

/** True if libtensorflow found a usable GPU. Throws the loader's error if a library is missing. */
export function isUsingGpu(installation: TensorflowInstallation): boolean {
  return loadBinding(installation).isUsingGpuDevice();
}

function loadBinding({ addon }: TensorflowInstallation): TFJSBinding {
  requireKernels();
  for (const [name, value] of Object.entries(libraryVariables())) process.env[name] ??= value;
  const loaded: unknown = createRequire(import.meta.url)(addon);
  if (!isBinding(loaded)) throw new StudioError('internal', `${addon} is not the addon of tfjs.`);
  return loaded;
}

/** The package is optional: npm omits it if its install script fails. */
function requireKernels(): void {
  try {
    createRequire(besideArchive(import.meta.url)).resolve('@tensorflow/tfjs-node-gpu/package.json');
  } catch {
    throw new StudioError(
      'refused',
      'the package @tensorflow/tfjs-node-gpu, which has the kernels, is not installed ("npm ci --ignore-scripts" does it).',
    );
  }
}

function isBinding(value: unknown): value is TFJSBinding {
  return typeof value === 'object' && value !== null && 'executeOp' in value && 'isUsingGpuDevice' in value;
}

/** tfjs-node calls `util.isNullOrUndefined`, which Node 23 removed. */
function provideIsNullOrUndefined(): void {
  if ('isNullOrUndefined' in util) return;
  Object.defineProperty(util, 'isNullOrUndefined', {
    value: (value: unknown) => value === null || value === undefined,
  });
}

/** libtensorflow 2.21's `Round` returns zeros for int32, which needs no rounding. */
function mendRound(): void {
  const [original, identity] = [tf.getKernel(tf.Round, 'tensorflow'), tf.getKernel(tf.Identity, 'tensorflow')];
  if (!original || !identity) throw new StudioError('internal', 'tfjs-node has no kernel Round or Identity.');
  tf.unregisterKernel(tf.Round, 'tensorflow');
  tf.registerKernel({
    ...original,
    kernelFunc: (parameters) =>
      (parameters.inputs['x']?.dtype === 'int32' ? identity : original).kernelFunc(parameters),
  });
}
