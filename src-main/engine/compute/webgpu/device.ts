import { setTimeout as sleep } from 'node:timers/promises';
import { memoryRemedy, StudioError } from '../../../../src-shared/contract/errors.ts';
import { nameOf } from './card.ts';
import { subgroupMatrixFeature } from './kernels/subgroup-matrices.ts';

/** Part of an adapter's name, e.g. `llvmpipe`, to select it over better ones. */
const adapterVariable = 'COTO_WEBGPU_ADAPTER';

/** `1`: of the card only what WebGPU promises on every one. */
const plainVariable = 'COTO_WEBGPU_PLAIN';

/** Globals that tfjs's backend and our programs need, except `navigator.gpu`: the backend gets its device directly. */
const neededGlobals = [
  'GPUBuffer',
  'GPUBufferUsage',
  'GPUCommandEncoder',
  'GPUComputePassEncoder',
  'GPUMapMode',
  'GPUShaderStage',
  'GPUTexture',
  'GPUTextureUsage',
  'GPUExternalTexture',
];

/** Limits raised to those of the adapter: the defaults allow tensors up to 128 MiB and small workgroups only. */
const raisedLimits = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxStorageBuffersPerShaderStage',
  'maxComputeWorkgroupStorageSize',
  'maxComputeWorkgroupsPerDimension',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX',
  'maxComputeWorkgroupSizeY',
  'maxComputeWorkgroupSizeZ',
] as const;

/** Taken where an adapter has them: float16 in programs, and matrices that subgroups multiply. */
const optionalFeatures = ['shader-f16', 'subgroups', subgroupMatrixFeature] as const;

/** Dawn shows features that are no standard yet, subgroup matrices among them, where this is said. */
const experimental = 'enable-dawn-features=allow_unsafe_apis';

/**
 * In which values that are read have to arrive: a device that computes no more, and whose driver does not say so, never answers.
 * Minutes, since software that imitates a card may be slow and a queue of steps long.
 */
const readMinutes = 10;
export const patienceMilliseconds = 60_000 * readMinutes;

export interface FoundAdapter {
  readonly adapter: GPUAdapter;
  /** Dawn lives as long as this object is referenced. */
  readonly gpu: GPU;
}

/** A device and its state. */
export interface DeviceWatch {
  readonly name: string;
  readonly device: GPUDevice;
  readonly info: GPUAdapterInfo;
  /** Dawn lives as long as this object is referenced. */
  readonly gpu: GPU;
  /** Reason why results can no longer be trusted; null if there is none. */
  failure(): StudioError | null;
  /** Makes of a device that does not answer one that has failed; the error of whoever waits. */
  giveUp(): StudioError;
  /** Returns `failure` after a short wait, because an operation fails before the device loss is reported. */
  failureSoon(): Promise<StudioError | null>;
}

/** The strongest adapter (discrete before integrated before software), or a sentence why there is none. */
export async function findAdapter(): Promise<FoundAdapter | string> {
  let dawn: typeof import('webgpu');
  try {
    dawn = await import('webgpu');
  } catch (error) {
    return `The package webgpu does not work on this system (${firstLine(error)}); reinstall the packages (npm ci) if it should.`;
  }
  for (const name of neededGlobals) {
    if (name in globalThis) continue;
    const value: unknown = Reflect.get(dawn.globals, name);
    if (value !== undefined) Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  }
  const named = process.env[adapterVariable];
  try {
    const gpu = dawn.create(named ? [experimental, `adapter=${named}`] : [experimental]);
    const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
    if (adapter !== null) return { adapter, gpu };
  } catch (error) {
    if (named)
      return `${adapterVariable} names "${named}", which is not among the adapters here (${firstLine(error)}).`;
  }
  return `No graphics device was found. ${driverHint()}`;
}

export async function openDevice({ adapter, gpu }: FoundAdapter): Promise<DeviceWatch> {
  const requiredLimits: Record<string, number> = {};
  const isPlain = process.env[plainVariable] === '1';
  if (!isPlain) for (const limit of raisedLimits) requiredLimits[limit] = adapter.limits[limit];
  const requiredFeatures = isPlain ? [] : featuresOf(adapter);
  const { info } = adapter;
  const device = await adapter.requestDevice({ requiredLimits, requiredFeatures });
  let failure: StudioError | null = null;
  const lost = device.lost.then(({ message }) => {
    failure = new StudioError(
      'device_lost',
      'The graphics device was lost.',
      'Update its driver or choose another compute backend in Settings if it happens again.',
      message,
    );
  });
  // Failed allocations and programs do not throw: later operations would compute on invalid buffers.
  device.addEventListener('uncapturederror', ({ error }) => {
    failure ??= refusedByDevice(error);
  });
  return {
    name: nameOf(info),
    device,
    info,
    gpu,
    failure: () => failure,
    giveUp: () => {
      failure ??= new StudioError(
        'device_lost',
        `The graphics device has not answered for ${readMinutes} minutes.`,
        'Its driver seems to hang: update it, or choose another compute backend in Settings.',
      );
      return failure;
    },
    failureSoon: async () => {
      if (failure === null) await Promise.race([lost, sleep(200)]);
      return failure;
    },
  };
}

function featuresOf({ features }: GPUAdapter): GPUFeatureName[] {
  // Dawn's own names are among them too.
  return [...features].filter((name): name is GPUFeatureName => optionalFeatures.some((wanted) => wanted === name));
}

/** A tensor above the device's limits is reported as invalid, not as out of memory: smaller batches help too. */
function refusedByDevice(error: GPUError): StudioError {
  const tooLarge = /larger than the maximum|exceeds the max|out of memory/i.test(error.message);
  if (tooLarge || error.constructor.name === 'GPUOutOfMemoryError')
    return new StudioError(
      'out_of_memory',
      'A tensor does not fit into the memory of the graphics device, or is larger than it allows.',
      memoryRemedy,
      error.message,
    );
  return new StudioError(
    'internal',
    'The graphics device refused an operation.',
    'Choose another compute backend in Settings.',
    error.message,
  );
}

function driverHint(): string {
  if (process.platform === 'linux')
    return "Install the Vulkan driver of your card: NVIDIA's own, or mesa-vulkan-drivers for AMD and Intel.";
  if (process.platform === 'win32') return 'Install the current driver of your card.';
  return 'A Mac with Metal has one.';
}

function firstLine(error: unknown): string {
  const [line = ''] = (error instanceof Error ? error.message : String(error)).trim().split('\n');
  return line;
}
