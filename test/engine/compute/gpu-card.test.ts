import { expect, it } from 'vitest';
import { cardOf, isSoftware, nameOf, usageOf } from '../../../src-main/engine/compute/webgpu/card.ts';

const info = (vendor: string, device: string, description: string) => ({ vendor, device, description });
const llvmpipe = info('mesa', 'llvmpipe-llvm-19-1-7-256-bits-', 'llvmpipe: Mesa 25.0.7 (LLVM 19.1.7) 0.0.1');
const nvidia = info('nvidia', 'nvidia-geforce-rtx-4090', 'NVIDIA: 570.133.07 570.133.7.0');
const usage = (name: string) => ({ name, memoryUsedBytes: 1, memoryTotalBytes: 2, utilization: null });

it('names a card as people know it, whatever its driver is called', () => {
  expect(nameOf(nvidia)).toBe('NVIDIA Geforce RTX 4090');
  expect(nameOf(info('apple', 'apple-m1-pro', 'Metal driver on macOS'))).toBe('Apple M1 Pro');
  expect(nameOf(info('amd', 'amd-radeon-rx-7900-xtx-radv-navi31-', 'radv: Mesa 25'))).toBe(
    'AMD Radeon RX 7900 Xtx Radv NAVI31',
  );
  expect(nameOf(llvmpipe)).toBe('llvmpipe');
  expect(nameOf(info('intel', '', 'Intel open-source Mesa driver: Mesa 25'))).toBe('Intel open-source Mesa driver');
  expect(nameOf(info('', '', ''))).toBe('unnamed device');
});

it('tells a card from what imitates one', () => {
  expect(isSoftware(llvmpipe)).toBe(true);
  expect(isSoftware(info('google', 'swiftshader-device', ''))).toBe(true);
  expect(isSoftware(Object.assign({ isFallbackAdapter: true }, nvidia))).toBe(true);
  expect(isSoftware(nvidia)).toBe(false);
});

it('finds the card among those that its vendor tells, and none of another vendor', async () => {
  const probe = (vendor: string, ...names: string[]) => ({ vendor, read: async () => names.map(usage) });
  const cards = [probe('NVIDIA', 'NVIDIA T400', 'NVIDIA GeForce RTX 4090'), probe('AMD', 'AMD GPU')];
  expect((await usageOf(nvidia, cards))?.name).toBe('NVIDIA GeForce RTX 4090');
  expect((await usageOf(info('amd', 'amd-radeon', ''), cards))?.name).toBe('AMD GPU');
  expect(await usageOf(info('intel', 'intel-arc', ''), cards)).toBeNull();
  expect(await usageOf(info('nvidia', 'nvidia-a100', ''), cards)).toBeNull();
  expect(await usageOf(nvidia, [{ vendor: 'NVIDIA', read: async () => null }])).toBeNull();
});

it('gives the largest tensor that can be bound, and whether programs have float16', () => {
  const limits = { maxBufferSize: 2 ** 32, maxStorageBufferBindingSize: 2 ** 31 };
  const adapter = { limits, features: new Set(['shader-f16']) };
  expect(cardOf(adapter)).toEqual({ largestTensorBytes: 2 ** 31, float16: true });
  expect(cardOf({ ...adapter, features: new Set<string>() })).toEqual({ largestTensorBytes: 2 ** 31, float16: false });
});
