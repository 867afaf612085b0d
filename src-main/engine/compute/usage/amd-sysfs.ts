import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DeviceUsage } from '../../../../src-shared/domain/app/catalog.ts';
import type { UsageProbe } from './device-usage.ts';

const amdVendor = '0x1002';

/** The files that Linux's amdgpu driver keeps for each card. */
export const amdSysfs: UsageProbe = { vendor: 'AMD', read: () => readAmdCards('/sys/class/drm') };

/** @param folder with a folder for each card, e.g. card0; its outputs are beside it: card0-DP-1 */
export async function readAmdCards(folder: string): Promise<DeviceUsage[] | null> {
  const names = await readdir(folder).catch(() => []);
  const cards = names.filter((name) => /^card\d+$/.test(name)).sort();
  const devices = await Promise.all(cards.map((card) => readCard(join(folder, card, 'device'))));
  const found = devices.filter((device) => device !== null);
  return found.length === 0 ? null : found;
}

async function readCard(folder: string): Promise<DeviceUsage | null> {
  const read = (name: string) =>
    readFile(join(folder, name), 'utf8').then(
      (text) => text.trim(),
      () => null,
    );
  if ((await read('vendor')) !== amdVendor) return null;
  const number = async (name: string, factor = 1) => {
    const text = await read(name);
    return text !== null && /^\d+$/.test(text) ? Number(text) * factor : null;
  };
  const memoryTotalBytes = await number('mem_info_vram_total');
  // Another driver holds the card: a virtual machine's, say.
  if (memoryTotalBytes === null) return null;
  return {
    name: (await read('product_name')) || 'AMD GPU',
    memoryUsedBytes: await number('mem_info_vram_used'),
    memoryTotalBytes,
    utilization: await number('gpu_busy_percent', 0.01),
  };
}
