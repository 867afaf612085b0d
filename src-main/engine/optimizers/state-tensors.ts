import * as tf from '@tensorflow/tfjs-core';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import { toHost } from '../ops/to-host.ts';
import type { HostTensor } from '../tensors/host-tensor.ts';

/** Copies a tensor of a training's state to the host, under its name in a checkpoint. */
export async function kept(tensors: Map<string, HostTensor>, name: string, tensor: tf.Tensor): Promise<void> {
  tensors.set(name, await toHost(tensor));
}

/**
 * The tensor of a checkpoint, as a variable of the same shape as `like`.
 * @throws StudioError invalid_file if the checkpoint has none of that shape.
 */
export function restored(
  tensors: ReadonlyMap<string, HostTensor>,
  name: string,
  like: { readonly shape: readonly number[] },
): tf.Variable {
  const { data, shape } = restoredHost(tensors, name, like.shape);
  return tf.tidy(() => tf.variable(tf.tensor(data, [...shape], 'float32'), false));
}

/** Returns the tensor of `restored` on the host. */
export function restoredHost(
  tensors: ReadonlyMap<string, HostTensor>,
  name: string,
  shape: readonly number[],
): HostTensor {
  const tensor = tensors.get(name);
  if (tensor && tensor.shape.join() === shape.join()) return tensor;
  throw new StudioError(
    'invalid_file',
    `The checkpoint's optimizer state has no tensor ${name} of shape [${shape.join(', ')}].`,
    'Resume from another checkpoint, or start the run again.',
  );
}
