import { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';

/**
 * tfjs's wasm backend copies the values where a tensor is cloned, and the gradient tape clones whatever it keeps: frozen
 * weights too, in every step. Here a clone is one more reference to the same values, as on other backends.
 */
export function shareClonedTensors(): void {
  if (tf.getKernel('Identity', 'wasm')) tf.unregisterKernel('Identity', 'wasm');
  tf.registerKernel({
    kernelName: 'Identity',
    backendName: 'wasm',
    kernelFunc: ({ inputs, backend }) => {
      const { x } = inputs;
      if (x === undefined || Array.isArray(x) || !(backend instanceof BackendWasm))
        throw new Error('a clone is of one tensor of the wasm backend');
      backend.incRef(x.dataId);
      return { dataId: x.dataId, shape: x.shape, dtype: x.dtype };
    },
  });
}
