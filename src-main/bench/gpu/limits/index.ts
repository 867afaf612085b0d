import type { CardLimits } from '../report.ts';
import { DeviceTimer } from './device-timer.ts';
import {
  copyProgram,
  describeTiling,
  groupThreads,
  type Precision,
  peakOperations,
  peakProgram,
  productProgram,
  type Tiling,
  tileBytes,
  tilings,
} from './programs.ts';

interface Sizes {
  /** Workgroups and rounds of multiply-adds. */
  readonly groups: number;
  readonly rounds: number;
  readonly copyBytes: number;
  readonly product: number;
  readonly tilings: readonly Tiling[];
}

const whole: Sizes = { groups: 8192, rounds: 64, copyBytes: 2 ** 28, product: 4096, tilings };
const reduced: Sizes = { groups: 64, rounds: 4, copyBytes: 2 ** 24, product: 256, tilings: tilings.slice(0, 1) };

/** Values of the operands of the tuned product: their sums are known. */
const [left, right] = [0.5, 0.25];

/**
 * Measures the peak rates of a card with single-purpose programs. `quick` uses sizes that software rendering computes
 * in seconds.
 */
export async function measureLimits(
  device: GPUDevice,
  quick: boolean,
  isAlive: () => void = () => undefined,
): Promise<CardLimits> {
  const timer = new DeviceTimer(device, isAlive);
  const sizes = quick ? reduced : whole;
  const hasHalf = device.features.has('shader-f16');
  const float32 = await bestProduct(timer, 'float32', sizes);
  const float16 = hasHalf ? await bestProduct(timer, 'float16', sizes) : null;
  return {
    peakGflops: {
      float32: await peak(timer, 'float32', sizes),
      float16: hasHalf ? await peak(timer, 'float16', sizes) : null,
    },
    copyGigabytes: await copying(timer, sizes),
    product: {
      size: sizes.product,
      float32Gflops: float32.gflops,
      float32Tiling: float32.tiling,
      float16Gflops: float16?.gflops ?? null,
      float16Tiling: float16?.tiling ?? null,
    },
  };
}

async function peak(timer: DeviceTimer, precision: Precision, { groups, rounds }: Sizes): Promise<number> {
  const out = timer.buffer(16 * groups * groupThreads);
  const uniform = timer.uniform(rounds, 0);
  const milliseconds = await timer.time({ code: peakProgram(precision), buffers: [out, uniform], groups: [groups, 1] });
  out.destroy();
  uniform.destroy();
  return (groups * groupThreads * peakOperations(rounds)) / milliseconds / 1e6;
}

async function copying(timer: DeviceTimer, { copyBytes }: Sizes): Promise<number> {
  const { maxStorageBufferBindingSize, maxBufferSize } = timer.device.limits;
  const bytes = Math.min(copyBytes, maxStorageBufferBindingSize, maxBufferSize);
  const count = Math.floor(bytes / 16);
  const [from, to, uniform] = [timer.buffer(16 * count), timer.buffer(16 * count), timer.uniform(count)];
  const groups = Math.min(4096, Math.ceil(count / groupThreads));
  const milliseconds = await timer.time({ code: copyProgram, buffers: [from, to, uniform], groups: [groups, 1] });
  for (const buffer of [from, to, uniform]) buffer.destroy();
  return (2 * 16 * count) / milliseconds / 1e6;
}

/** Throws where no tiling gives the right sums: then nothing that the card says can be trusted. */
async function bestProduct(
  timer: DeviceTimer,
  precision: Precision,
  { product: size, tilings: tried }: Sizes,
): Promise<{ gflops: number; tiling: string }> {
  const each = precision === 'float16' ? 2 : 4;
  const [a, b, c] = [timer.buffer(each * size * size), timer.buffer(each * size * size), timer.buffer(4 * size * size)];
  fill(timer, a, left, precision, size * size);
  fill(timer, b, right, precision, size * size);
  let best: { gflops: number; tiling: string } | null = null;
  let wrong = '';
  for (const tiling of tried.filter((one) => fits(one, precision, timer.device.limits, size))) {
    const { threadRows, threadColumns, rows, columns } = tiling;
    const groups = [size / (threadColumns * columns), size / (threadRows * rows)] as const;
    const milliseconds = await timer.time({
      code: productProgram(tiling, precision, size),
      buffers: [a, b, c],
      groups,
    });
    const sums = await timer.read(c, size);
    if (sums.some((sum) => Math.abs(sum - left * right * size) > 1e-3 * size)) {
      wrong = describeTiling(tiling);
      continue;
    }
    const gflops = (2 * size ** 3) / milliseconds / 1e6;
    if (best === null || gflops > best.gflops) best = { gflops, tiling: describeTiling(tiling) };
  }
  for (const buffer of [a, b, c]) buffer.destroy();
  if (best === null)
    throw new Error(`The tuned product in ${precision} gives wrong sums (${wrong || 'no tiling fits'}).`);
  return best;
}

function fits(tiling: Tiling, precision: Precision, limits: GPUSupportedLimits, size: number): boolean {
  const { threadRows, threadColumns, rows, columns } = tiling;
  return (
    tileBytes(tiling, precision) <= limits.maxComputeWorkgroupStorageSize &&
    threadRows * threadColumns <= limits.maxComputeInvocationsPerWorkgroup &&
    size % (threadRows * rows) === 0 &&
    size % (threadColumns * columns) === 0
  );
}

function fill(timer: DeviceTimer, buffer: GPUBuffer, value: number, precision: Precision, count: number): void {
  // 0.5 and 0.25 in float16: no typed array of these numbers is needed.
  const values =
    precision === 'float16'
      ? new Uint16Array(count).fill(value === left ? 0x3800 : 0x3400)
      : new Float32Array(count).fill(value);
  timer.device.queue.writeBuffer(buffer, 0, values);
}
