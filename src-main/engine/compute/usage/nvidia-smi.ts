import { execFile } from 'node:child_process';
import type { DeviceUsage } from '../../../../src-shared/domain/app/catalog.ts';
import type { UsageProbe } from './device-usage.ts';

const query = ['--query-gpu=name,memory.used,memory.total,utilization.gpu', '--format=csv,noheader,nounits'];
/** A driver that hangs must not leave processes behind. */
const timeout = 5000;

/** NVIDIA's driver, asked by the tool that comes with it on every system. */
export const nvidiaSmi: UsageProbe = {
  vendor: 'NVIDIA',
  read: () =>
    new Promise((resolve) => {
      execFile('nvidia-smi', query, { timeout, windowsHide: true }, (error, output) =>
        resolve(error === null ? parseNvidiaSmi(output) : null),
      );
    }),
};

/** A line a device: name, MiB, MiB, percent. Unavailable values are "[N/A]" or "[Not Supported]". */
export function parseNvidiaSmi(output: string): DeviceUsage[] {
  return output.split(/\r?\n/).flatMap((line) => {
    const [utilization, total, used, ...name] = line.split(', ').reverse();
    if (utilization === undefined || total === undefined || used === undefined || name.length === 0) return [];
    return [
      {
        name: name.reverse().join(', ').trim(),
        memoryUsedBytes: scaled(used, 2 ** 20),
        memoryTotalBytes: scaled(total, 2 ** 20),
        utilization: scaled(utilization, 0.01),
      },
    ];
  });
}

function scaled(text: string, factor: number): number | null {
  return /^\s*\d+\s*$/.test(text) ? Number(text) * factor : null;
}
