import type { BackendValues, KernelBackend } from '@tensorflow/tfjs-core';
import type { DeviceWatch } from './device.ts';

/**
 * tfjs's backend on the watched device, which hands out no value of a device that was lost or that refused something on the
 * way to it. tfjs's kernels are loaded with the first one: engines on other backends do without them.
 */
export async function watchedBackend(watch: DeviceWatch): Promise<KernelBackend> {
  const { WebGPUBackend } = await import('@tensorflow/tfjs-backend-webgpu');
  class WatchedBackend extends WebGPUBackend {
    override async read(dataId: object): Promise<BackendValues> {
      let values: BackendValues;
      try {
        values = await super.read(dataId);
      } catch (thrown) {
        throw (await watch.failureSoon()) ?? thrown;
      }
      const failure = watch.failure();
      if (failure !== null) throw failure;
      return values;
    }
  }
  return seeingGpu(watch.gpu, () => new WatchedBackend(watch.device, watch.info));
}

/** tfjs's backend refuses to be made where there is no `navigator.gpu`, and never looks at it again. */
function seeingGpu<Made>(gpu: GPU, make: () => Made): Made {
  Object.defineProperty(navigator, 'gpu', { value: gpu, configurable: true });
  try {
    return make();
  } finally {
    // Left there it would keep Dawn, and with it the process, alive.
    Reflect.deleteProperty(navigator, 'gpu');
  }
}
