import { createInterface } from 'node:readline';
import * as tf from '@tensorflow/tfjs-core';
import { StudioError, toErrorValue } from '../../../src-shared/contract/errors.ts';
import { computeIdSchema } from '../../../src-shared/domain/app/catalog.ts';
import {
  activateCompute,
  computeFailure,
  type FoundAdapter,
  findAdapter,
  gpuCounters,
  reportOn,
} from '../../engine/api/backends.ts';
import { BenchRunner } from '../bench-runner.ts';
import { workloadOf } from '../workloads/index.ts';
import { type GpuAnswer, type GpuRequest, gpuRequestSchema } from './protocol.ts';
import type { AdapterInfo } from './report.ts';

/** The process of `coto doctor --gpu` that computes; its argument is the compute backend. See protocol.ts. */
const id = computeIdSchema.parse(process.argv[2]);
let runner: BenchRunner | null = null;
/** Dawn lives as long as these are referenced. */
const held: GPU[] = [];

type Answers = { [Kind in GpuRequest['do']]: GpuAnswer<Kind> };

/** Limits of an adapter that decide what fits. */
const namedLimits = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxComputeWorkgroupStorageSize',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupsPerDimension',
] as const;

async function answer(request: GpuRequest): Promise<Answers[keyof Answers]> {
  switch (request.do) {
    case 'probe':
      return probe();
    case 'limits': {
      const { measureLimits } = await import('./limits/index.ts');
      const device = await openPlainDevice();
      try {
        return await measureLimits(device, request.quick, isAlive);
      } finally {
        device.destroy();
      }
    }
    case 'products': {
      const { measureProducts } = await import('./products.ts');
      await activateCompute(id);
      return { products: await measureProducts(request.quick, request.limits, isAlive) };
    }
    case 'conformance': {
      const { checkConformance } = await import('./conformance.ts');
      await activateCompute(id);
      // Small tensors are computed on the device too, not handed to tfjs's plain JavaScript.
      if (id === 'webgpu') tf.env().set('WEBGPU_CPU_FORWARD', false);
      return checkConformance(id, request.from, request.seconds, isAlive);
    }
    case 'trajectory': {
      const { runTrajectory } = await import('./trajectories.ts');
      await activateCompute(id);
      return runTrajectory(request.id, request.resources, request.folder, isAlive);
    }
    case 'load': {
      const shape = workloadOf(request.shape);
      await activateCompute(id);
      isAlive();
      const { small, resources, folder } = request;
      runner = await BenchRunner.load(shape, 'lora', { small, resources, folder, bfloat16: false });
      isAlive();
      if (request.exchange !== null) await runner.writeProblemFile(request.exchange);
      return {};
    }
    case 'steps':
      return timeSteps(request);
  }
}

async function probe(): Promise<GpuAnswer<'probe'>> {
  const report = await reportOn(id);
  if (report === null) throw new StudioError('not_found', `There is no compute backend "${id}".`);
  const { available, reason, device, kind, memoryBytes } = report;
  if (!available || device === null || kind === null) return { id, available, reason, adapter: null };
  const found = id === 'webgpu' ? await findAdapter() : null;
  const told = found === null || typeof found === 'string' ? null : adapterDetails(found);
  const plain = { driver: null, features: [], limits: {} };
  return { id, available, reason, adapter: { ...plain, device, kind, memoryBytes, ...told } };
}

function adapterDetails({ adapter }: FoundAdapter): Pick<AdapterInfo, 'driver' | 'features' | 'limits'> {
  return {
    driver: adapter.info.description || null,
    features: [...adapter.features].sort(),
    limits: Object.fromEntries(namedLimits.map((name) => [name, adapter.limits[name]])),
  };
}

/** A device beside the engine's own, with float16 where the card has it. */
async function openPlainDevice(): Promise<GPUDevice> {
  const found = await findAdapter();
  if (typeof found === 'string') throw new StudioError('refused', found);
  const { adapter, gpu } = found;
  held.push(gpu);
  return adapter.requestDevice({
    requiredFeatures: adapter.features.has('shader-f16') ? ['shader-f16'] : [],
    requiredLimits: Object.fromEntries(namedLimits.map((name) => [name, adapter.limits[name]])),
  });
}

async function timeSteps({ seconds, most }: GpuRequest & { do: 'steps' }): Promise<GpuAnswer<'steps'>> {
  if (runner === null) throw new StudioError('internal', 'No workload is loaded.');
  // The first compiles programs and packs weights, the second finds its buffers.
  for (let step = 0; step < 2; step++) {
    await runner.run(null);
    isAlive();
  }
  gpuCounters.start();
  let loss = await runner.run(null);
  const { dispatches, submits, readBacks } = gpuCounters.stop();
  const counts =
    id === 'webgpu'
      ? { dispatches, submissions: submits, readBacks }
      : { dispatches: null, submissions: null, readBacks: null };
  const milliseconds: number[] = [];
  const until = performance.now() + 1000 * seconds;
  const before = process.cpuUsage();
  do {
    const started = performance.now();
    loss = await runner.run(null);
    milliseconds.push(performance.now() - started);
    isAlive();
  } while (milliseconds.length < most && performance.now() < until);
  const { user, system } = process.cpuUsage(before);
  return {
    milliseconds,
    loss: Number.isFinite(loss) ? loss : null,
    ...counts,
    processorMilliseconds: (user + system) / 1000 / milliseconds.length,
    memory: { deviceBytes: deviceBytes(), processBytes: 1024 * process.resourceUsage().maxRSS },
  };
}

/** Bytes of the backend's own buffers, including free ones; null if the backend does not report them. */
function deviceBytes(): number | null {
  const bytes: unknown =
    Reflect.get(tf.memory(), 'numBytesAllocatedInGPU') ?? Reflect.get(tf.memory(), 'numBytesInGPU');
  return typeof bytes === 'number' ? bytes : null;
}

/** Between two long pieces of work: whoever waits knows that it goes on. */
function isAlive(): void {
  process.stdout.write('{"alive":true}\n');
}

for await (const line of createInterface({ input: process.stdin })) {
  const reply = await Promise.resolve()
    .then(() => answer(gpuRequestSchema.parse(JSON.parse(line))))
    .catch((thrown: unknown) => {
      const { code, message } = toErrorValue(computeFailure() ?? thrown);
      return { error: message, code };
    });
  process.stdout.write(`${JSON.stringify(reply)}\n`);
}
