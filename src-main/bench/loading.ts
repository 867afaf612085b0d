import { spawn } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { platform } from 'node:os';
import { join } from 'node:path';
import { openSafetensors, writeSafetensors } from '../engine/api/base-parts.ts';
import type { BenchReport } from './report.ts';

const rounds = 5;

/**
 * Measures the speed of reading a safetensors file into memory with a check for non-finite numbers, beside that of
 * `cat` of the same file. The file was just written, so both read from the disk cache; the best of alternating rounds
 * counts.
 */
export async function measureLoading(folder: string, megabytes: number): Promise<BenchReport['loading']> {
  const tensors = 16;
  const rows = Math.ceil((megabytes * 2 ** 20) / (tensors * 4 * 1024));
  const values = Float32Array.from({ length: rows * 1024 }, (_, index) => (index % 4001) / 1000 - 2);
  const file = join(folder, 'loading.safetensors');
  const named = Array.from(
    { length: tensors },
    (_, index) => [`layer.${index}`, { shape: [rows, 1024], data: values }] as const,
  );
  await writeSafetensors(file, new Map(named));
  const { size } = await stat(file);
  let ours = Number.POSITIVE_INFINITY;
  let cat = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round++) {
    cat = Math.min(cat, await timed(() => catToNowhere(file)));
    ours = Math.min(ours, await timed(() => loadAll(file)));
  }
  const rate = (milliseconds: number) => (1000 * size) / milliseconds;
  return [{ dtype: 'F32', fileBytes: size, ours: rate(ours), cat: platform() === 'win32' ? null : rate(cat) }];
}

async function loadAll(path: string): Promise<void> {
  const file = await openSafetensors(path);
  try {
    for (const name of file.names) await file.lend(name, () => undefined);
  } finally {
    await file.close();
  }
}

async function catToNowhere(path: string): Promise<void> {
  if (platform() === 'win32') return;
  await new Promise<void>((resolve, reject) => {
    const child = spawn('cat', [path], { stdio: ['ignore', 'ignore', 'ignore'] });
    child.once('error', reject);
    child.once('close', () => resolve());
  });
}

async function timed(run: () => Promise<void>): Promise<number> {
  const started = performance.now();
  await run();
  return performance.now() - started;
}
