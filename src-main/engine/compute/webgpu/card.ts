import type { Card, DeviceUsage } from '../../../../src-shared/domain/app/catalog.ts';
import { identifierOf } from '../usage/device-usage.ts';
import { usageProbes } from '../usage/index.ts';

interface Allowed {
  readonly limits: Pick<GPUSupportedLimits, 'maxBufferSize' | 'maxStorageBufferBindingSize'>;
  readonly features: Pick<ReadonlySet<string>, 'has'>;
}

type Info = Pick<GPUAdapterInfo, 'vendor' | 'device' | 'description'>;

/** Words of cards' names that are not written as words are. */
const codes: ReadonlySet<string> = new Set(['nvidia', 'amd', 'rtx', 'gtx', 'rx', 'pcie', 'hd', 'uhd', 'gpu']);

/** Returns true if the processor emulates the card: llvmpipe, SwiftShader, WARP. */
export function isSoftware(info: Info): boolean {
  return (
    Reflect.get(info, 'isFallbackAdapter') === true ||
    /llvmpipe|swiftshader|lavapipe|basic render/i.test(`${info.device} ${info.description}`)
  );
}

/**
 * Name for people: Dawn's identifier "nvidia-geforce-rtx-4090" becomes "NVIDIA Geforce RTX 4090"; what imitates a card has the name
 * of its driver, "llvmpipe: Mesa 25.0.7".
 */
export function nameOf(info: Info): string {
  const [driver = ''] = info.description.split(':');
  const words = isSoftware(info) ? [] : info.device.split('-').filter((word) => word !== '');
  const name = words.map((word) =>
    codes.has(word) || /\d/.test(word) ? word.toUpperCase() : word.charAt(0).toUpperCase() + word.slice(1),
  );
  return name.join(' ') || driver.trim() || info.vendor || 'unnamed device';
}

/** Returns the card's limits and abilities for the engine's programs. */
export function cardOf({ limits, features }: Allowed): Card {
  return {
    largestTensorBytes: Math.min(limits.maxBufferSize, limits.maxStorageBufferBindingSize),
    float16: features.has('shader-f16'),
  };
}

/** The same card as its vendor's driver tells it, with its memory; null where nothing does. */
export async function usageOf(info: Info, probes = usageProbes): Promise<DeviceUsage | null> {
  const probe = probes.find(({ vendor }) => vendor.toLowerCase() === info.vendor);
  const devices = (await probe?.read()) ?? [];
  const named = devices.find(({ name }) => identifierOf(name) === info.device);
  return named ?? (devices.length === 1 ? (devices[0] ?? null) : null);
}
