import { freemem } from 'node:os';
import { expect, it, vi } from 'vitest';
import { memoryRoomOn } from '../../../src-main/backend/runs/memory-room.ts';
import { UsageMeter } from '../../../src-main/engine/compute/usage/index.ts';
import type { ComputeBackendReport, DeviceUsage } from '../../../src-shared/domain/app/catalog.ts';

vi.mock('node:os', { spy: true });
const machineBytes = 5 * 2 ** 30;
vi.mocked(freemem).mockReturnValue(machineBytes);

const gigabyte = 2 ** 30;
const card = { largestTensorBytes: 2 * gigabyte, float16: true };
const h100: ComputeBackendReport = {
  id: 'webgpu',
  label: 'WebGPU',
  available: true,
  chosen: true,
  kind: 'gpu',
  device: 'NVIDIA H100 80GB HBM3',
  memoryBytes: 80 * gigabyte,
  card,
  reason: '',
  gemmGflops: null,
  gemmBfloat16Gflops: null,
};
const native: ComputeBackendReport = { ...h100, id: 'native', kind: 'cpu', device: 'CPU', card: null };
const other: DeviceUsage = {
  name: 'NVIDIA T400',
  memoryUsedBytes: 0,
  memoryTotalBytes: 4 * gigabyte,
  utilization: null,
};
const used: DeviceUsage = {
  ...other,
  name: 'NVIDIA H100 80GB HBM3',
  memoryUsedBytes: 30 * gigabyte,
  memoryTotalBytes: 79 * gigabyte,
};

function room(report: Partial<ComputeBackendReport>, devices: readonly DeviceUsage[] | null) {
  let prepared = 0;
  const engine = {
    backends: () => (prepared === 0 ? null : [{ ...h100, ...report }, native]),
    prepare: async () => {
      prepared++;
    },
  };
  return memoryRoomOn(
    { engine, usage: new UsageMeter(null, [{ vendor: 'NVIDIA', read: async () => devices }]) },
    'webgpu',
  );
}

it('a card has the memory that its driver reports as free, for the computing card', async () => {
  const expected = { memoryDevice: h100.device, largestTensorBytes: card.largestTensorBytes };
  expect(await room({}, [other, used])).toEqual({ ...expected, freeMemoryBytes: 49 * gigabyte });
  expect(await room({}, [{ ...used, memoryUsedBytes: null }])).toEqual({ ...expected, freeMemoryBytes: 79 * gigabyte });
  expect(await room({}, null)).toEqual({ ...expected, freeMemoryBytes: 80 * gigabyte });
  // COTO_WEBGPU_MEGABYTES
  expect(await room({ memoryBytes: 20 * gigabyte }, [used])).toEqual({ ...expected, freeMemoryBytes: 20 * gigabyte });
});

it("a card that shares the machine's memory, or is emulated by the processor, has the memory of the machine", async () => {
  const expected = { freeMemoryBytes: machineBytes, memoryDevice: null, largestTensorBytes: card.largestTensorBytes };
  expect(await room({ memoryBytes: null }, null)).toEqual(expected);
  expect(await room({ kind: 'software', memoryBytes: null }, [used])).toEqual(expected);
  const allowed = { kind: 'software', memoryBytes: gigabyte } as const;
  expect(await room(allowed, null)).toEqual({ ...expected, freeMemoryBytes: gigabyte });
});

it("the processor's memory needs no card", async () => {
  const engine = { backends: () => null, prepare: () => Promise.reject(new Error('tried')) };
  const usage = { fresh: () => Promise.reject(new Error('asked')) };
  expect(await memoryRoomOn({ engine, usage }, 'native')).toEqual({
    freeMemoryBytes: machineBytes,
    memoryDevice: null,
    largestTensorBytes: null,
  });
});
