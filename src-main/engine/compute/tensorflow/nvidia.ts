import { spawnSync } from 'node:child_process';

export interface NvidiaDevice {
  readonly name: string;
  readonly memoryBytes: number;
  readonly driver: string;
}

/** The first NVIDIA GPU, reported by nvidia-smi; null without a driver. */
export function findNvidia(): NvidiaDevice | null {
  const query = ['--query-gpu=name,memory.total,driver_version', '--format=csv,noheader,nounits'];
  const { status, stdout } = spawnSync('nvidia-smi', query, { encoding: 'utf8', timeout: 10_000 });
  if (status !== 0) return null;
  const [name, mebibytes, driver] = (stdout.split('\n')[0] ?? '').split(',').map((part) => part.trim());
  if (!name || !mebibytes || !driver) return null;
  return { name, memoryBytes: Number(mebibytes) * 2 ** 20, driver };
}
