import type { BackendValues, KernelBackend } from '@tensorflow/tfjs-core';
import type { DeviceWatch } from './device.ts';

/**
 * tfjs's backend on a watched device: it returns no value once the device was lost or has reported an error. tfjs's kernels
 * are loaded on first use.
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

/** tfjs's backend checks for `navigator.gpu` in its constructor only. */
function seeingGpu<Made>(gpu: GPU, make: () => Made): Made {
  Object.defineProperty(navigator, 'gpu', { value: gpu, configurable: true });
  try {
    return make();
  } finally {
    // Otherwise it would keep Dawn, and with it the process, alive.
    Reflect.deleteProperty(navigator, 'gpu');
  }
}
