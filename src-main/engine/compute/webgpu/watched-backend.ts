import type { BackendValues, DataType, KernelBackend, TensorInfo } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { inTime } from '../../../files/in-time.ts';
import type { PassRecorder } from '../pass-recorder.ts';
import { allowGpuSlices } from '../tfjs-internals.ts';
import { limitBuffers } from './buffer-limits.ts';
import { gpuCounters } from './counters.ts';
import { type DeviceWatch, patienceMilliseconds } from './device.ts';
import { registerGpuKernels } from './kernels/index.ts';
import { ProgramRunner } from './program-runner.ts';
import { GpuPassRecorder } from './replay/pass-recorder.ts';

/**
 * tfjs's backend on a watched device, with our kernels: it returns no value once the device was lost or has reported an error.
 * tfjs's kernels are loaded on first use.
 *
 * @param maxBytes of all of its buffers, now; null: any number
 */
export async function watchedBackend(
  watch: DeviceWatch,
  maxBytes: () => number | null,
  started: (programs: ProgramRunner, recorder: PassRecorder) => void,
): Promise<KernelBackend> {
  const { WebGPUBackend } = await import('@tensorflow/tfjs-backend-webgpu');
  type Program = Parameters<InstanceType<typeof WebGPUBackend>['runWebGPUProgram']>[0];
  type Uniforms = Parameters<InstanceType<typeof WebGPUBackend>['runWebGPUProgram']>[3];
  class WatchedBackend extends WebGPUBackend {
    /** Runs our own programs on this backend. */
    readonly programs = new ProgramRunner(this);

    override async read(dataId: object): Promise<BackendValues> {
      const tensor = { dataId, ...this.tensorMap.get(dataId) };
      const readable = this.programs.decoded(tensor) ?? this.programs.alone(tensor);
      if (readable !== null) return this.read(readable.dataId).finally(() => this.disposeData(readable.dataId));
      let values: BackendValues;
      if (!this.tensorMap.get(dataId).values) gpuCounters.readBack(() => this.bytesOf(dataId));
      try {
        const answer = inTime(patienceMilliseconds, super.read(dataId), () => watch.giveUp());
        values = await gpuCounters.waitFor(answer);
      } catch (thrown) {
        throw (await watch.failureSoon()) ?? thrown;
      }
      const failure = watch.failure();
      if (failure !== null) throw failure;
      return values;
    }

    override submitQueue(): void {
      gpuCounters.submit(() => super.submitQueue());
      this.programs.submissions++;
    }

    override runWebGPUProgram(
      program: Program,
      inputs: TensorInfo[],
      outputDtype: DataType,
      uniforms?: Uniforms,
      output?: TensorInfo,
    ): TensorInfo {
      const decoded = inputs.map((input) => this.programs.decoded(input));
      const given = inputs.map((input, index) => decoded[index] ?? input);
      const made = super.runWebGPUProgram(program, given, outputDtype, uniforms, output);
      // Nothing is dispatched for an empty result.
      if (!made.shape.includes(0)) this.observe(program, [made, ...given]);
      for (const values of decoded) if (values !== null) this.disposeData(values.dataId);
      return made;
    }

    override uploadToGPU(dataId: object): void {
      const recording = this.programs.observation.recording;
      if (recording !== null) {
        const { resource, values } = this.tensorMap.get(dataId);
        if (!resource && values) recording.upload(dataId, values);
      }
      super.uploadToGPU(dataId);
    }

    override readSync(dataId: object): BackendValues {
      this.programs.observation.recording?.readByHost(dataId);
      return super.readSync(dataId);
    }

    /** Counts and records a dispatch of one of tfjs's programs. */
    private observe(program: Program, tensors: readonly TensorInfo[]): void {
      const { name } = program.constructor;
      gpuCounters.dispatch(name, () => tensors.reduce((sum, { dataId }) => sum + this.bytesOf(dataId), 0));
      const { recording, uniforms } = this.programs.observation;
      if (recording === null) return;
      const { pipeline, dispatch: workgroups } = program;
      if (pipeline === undefined || pipeline instanceof Promise || uniforms === null)
        throw new Error('a program of tfjs did not run');
      const isWritten = (index: number) => index === 0;
      const layout = pipeline.getBindGroupLayout(0);
      recording.dispatch({ name, pipeline, layout, workgroups, tensors, isWritten, uniforms });
    }

    private bytesOf(dataId: object): number {
      const { shape, dtype } = this.tensorMap.get(dataId);
      return dtype === 'string' ? 0 : tf.util.sizeFromShape(shape) * tf.util.bytesPerElement(dtype);
    }
  }
  const backend = seeingGpu(watch.gpu, () => new WatchedBackend(watch.device, watch.info));
  allowGpuSlices(backend);
  const recorder = new GpuPassRecorder(backend, backend.programs.observation);
  limitBuffers(backend, maxBytes, () => recorder.giveBack());
  registerGpuKernels(backend.programs);
  started(backend.programs, recorder);
  return backend;
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
