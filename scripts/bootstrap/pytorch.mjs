import { spawnSync } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { say } from './log.mjs';
import { cacheFolder } from './paths.mjs';

const installTimeout = 20 * 60_000;

const windows = process.platform === 'win32';
const folder = join(cacheFolder(), 'pytorch');
const python = windows ? join(folder, 'Scripts', 'python.exe') : join(folder, 'bin', 'python');
const complete = join(folder, 'complete');

/** The Python with PyTorch that is there already, or null: COTO_BENCH_PYTHON, or the environment that was made earlier. */
export function findPyTorch() {
  if (process.env.COTO_BENCH_PYTHON) return process.env.COTO_BENCH_PYTHON;
  return existsSync(complete) && existsSync(python) ? python : null;
}

/**
 * A Python with PyTorch, in an environment of its own in the cache folder, made where it is missing: `{ python }`, or
 * `{ reason }` why there is none. Nothing of the machine's own Python is touched.
 */
export function ensurePyTorch() {
  const found = findPyTorch();
  if (found !== null) return { python: found };
  const own = windows ? 'python' : 'python3';
  const has = (args) => spawnSync(own, args, { stdio: 'ignore' }).status === 0;
  if (!has(['--version'])) return { reason: `${own} was not found, so there is no PyTorch to compare with.` };
  if (!has(['-m', 'pip', '--version']) || !has(['-m', 'venv', '--help']))
    return { reason: `${own} has no pip or no venv, so PyTorch could not be installed.` };
  say(`installing PyTorch for the comparison into ${folder} (once)`);
  rmSync(folder, { recursive: true, force: true });
  const steps = [
    [own, ['-m', 'venv', folder]],
    [python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', 'torch']],
    [python, ['-c', 'import torch']],
  ];
  for (const [command, args] of steps) {
    const done = spawnSync(command, args, { encoding: 'utf8', timeout: installTimeout });
    if (done.status === 0) continue;
    const words = (done.stderr ?? '').trim().split('\n').at(-1) || String(done.error ?? 'it ended early');
    rmSync(folder, { recursive: true, force: true });
    return { reason: `PyTorch could not be installed by pip: ${words}` };
  }
  writeFileSync(complete, '');
  return { python };
}
