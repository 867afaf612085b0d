import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, afterEach, expect, test, vi } from 'vitest';
import { readAmdCards } from '../../../src-main/engine/compute/usage/amd-sysfs.ts';
import { deviceMetrics, UsageMeter } from '../../../src-main/engine/compute/usage/index.ts';
import { nvidiaSmi, parseNvidiaSmi } from '../../../src-main/engine/compute/usage/nvidia-smi.ts';

const folder = mkdtempSync(join(tmpdir(), 'coto-usage-'));
afterEach(() => vi.unstubAllEnvs());
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const mib = 2 ** 20;
const h100 = {
  name: 'NVIDIA H100 80GB HBM3',
  memoryUsedBytes: 1234 * mib,
  memoryTotalBytes: 81559 * mib,
  utilization: 0.97,
};

test('a line of nvidia-smi is a device, and what one does not tell is not known', () => {
  expect(parseNvidiaSmi('NVIDIA H100 80GB HBM3, 1234, 81559, 97\n')).toEqual([h100]);
  const several = 'NVIDIA GeForce RTX 3060 Laptop GPU, 8, 6144, 0\r\nGRID T4-4Q, [N/A], 4096, [Not Supported]\r\n';
  expect(parseNvidiaSmi(several)).toEqual([
    {
      name: 'NVIDIA GeForce RTX 3060 Laptop GPU',
      memoryUsedBytes: 8 * mib,
      memoryTotalBytes: 6144 * mib,
      utilization: 0,
    },
    { name: 'GRID T4-4Q', memoryUsedBytes: null, memoryTotalBytes: 4096 * mib, utilization: null },
  ]);
  expect(parseNvidiaSmi('No devices were found\n')).toEqual([]);
});

test.skipIf(process.platform === 'win32')('nvidia-smi is asked for just that, and may be missing or fail', async () => {
  const tools = join(folder, 'tools');
  mkdirSync(tools);
  vi.stubEnv('PATH', tools);
  expect(await nvidiaSmi.read()).toBe(null);
  const tool = join(tools, 'nvidia-smi');
  const asked = '--query-gpu=name,memory.used,memory.total,utilization.gpu --format=csv,noheader,nounits';
  writeFileSync(tool, `#!/bin/sh\n[ "$*" = "${asked}" ] && echo 'NVIDIA H100 80GB HBM3, 1234, 81559, 97'\n`);
  chmodSync(tool, 0o755);
  vi.stubEnv('PATH', `${tools}${delimiter}/bin`);
  expect(await nvidiaSmi.read()).toEqual([h100]);
  writeFileSync(
    tool,
    '#!/bin/sh\necho "NVIDIA-SMI has failed because it could not communicate with the driver."\nexit 9\n',
  );
  expect(await nvidiaSmi.read()).toBe(null);
});

test("amdgpu's files are read for each card, but not for its outputs, or for cards of others", async () => {
  const card = (name: string, files: Readonly<Record<string, string>>) => {
    mkdirSync(join(folder, 'drm', name, 'device'), { recursive: true });
    for (const [file, text] of Object.entries(files))
      writeFileSync(join(folder, 'drm', name, 'device', file), `${text}\n`);
  };
  const vram = { mem_info_vram_total: '17163091968', mem_info_vram_used: '2147483648' };
  card('card0', { vendor: '0x8086' });
  card('card1', { vendor: '0x1002', ...vram, gpu_busy_percent: '42' });
  card('card1-DP-1', { vendor: '0x1002', ...vram });
  card('card2', { vendor: '0x1002', ...vram, product_name: 'AMD Instinct MI210' });
  card('card3', { vendor: '0x1002' });
  expect(await readAmdCards(join(folder, 'drm'))).toEqual([
    { name: 'AMD GPU', memoryUsedBytes: 2 ** 31, memoryTotalBytes: 17163091968, utilization: 0.42 },
    { name: 'AMD Instinct MI210', memoryUsedBytes: 2 ** 31, memoryTotalBytes: 17163091968, utilization: null },
  ]);
  expect(await readAmdCards(join(folder, 'nothing'))).toBe(null);
});

test('a meter answers with the last reading of the device that computes, and asks a machine without one once', async () => {
  const other = { ...h100, name: 'NVIDIA T4' };
  let reads = 0;
  const probes = [
    { vendor: 'none', read: async () => null },
    { vendor: 'some', read: async () => [other, { ...h100, utilization: 0.01 * ++reads }] },
  ];
  const meter = new UsageMeter('NVIDIA H100 80GB HBM3 (Vulkan)', probes, 0);
  expect(meter.current()).toBe(null);
  await meter.refresh();
  expect(meter.current()).toMatchObject({ name: h100.name, utilization: 0.01 });
  await meter.refresh();
  expect(meter.current()?.utilization).toBe(0.02);
  const unknown = new UsageMeter(null, probes, 60_000);
  await unknown.refresh();
  expect(unknown.current()).toEqual(other);
  const before = reads;
  unknown.current();
  expect(reads).toBe(before);

  let asked = 0;
  const without = new UsageMeter(null, [{ vendor: 'none', read: async () => (++asked > 0 ? null : []) }], 0);
  for (let at = 0; at < 3; at++) {
    expect(without.current()).toBe(null);
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(asked).toBe(1);
});

test('a run records what its device tells', () => {
  expect(deviceMetrics(h100)).toEqual({ device_memory_bytes: 1234 * mib, device_utilization: 0.97 });
  expect(deviceMetrics({ ...h100, utilization: null })).toEqual({ device_memory_bytes: 1234 * mib });
  expect(deviceMetrics(null)).toEqual({});
});

test('a meter tells a card from one whose name begins with its own', async () => {
  const named = (name: string) => ({ ...h100, name });
  const read = async () => [named('NVIDIA GeForce RTX 4080 SUPER'), named('NVIDIA GeForce RTX 4080')];
  const meter = new UsageMeter(null, [{ vendor: 'some', read }], 0);
  expect((await meter.fresh('NVIDIA Geforce RTX 4080'))?.name).toBe('NVIDIA GeForce RTX 4080');
  expect((await meter.fresh('NVIDIA Geforce RTX 4080 (Vulkan)'))?.name).toBe('NVIDIA GeForce RTX 4080');
  expect((await meter.fresh('RTX 4080 SUPER'))?.name).toBe('NVIDIA GeForce RTX 4080 SUPER');
});
