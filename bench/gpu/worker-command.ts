import { fileURLToPath } from 'node:url';
import { findInstallation } from '../../src-main/engine/compute/tensorflow/installation.ts';
import type { ComputeId } from '../../src-shared/domain/catalog.ts';
import type { RunnerCommand } from '../line-process.ts';

/** A module that the processes load before all else: what a test breaks, a driver would. */
const preloadVariable = 'COTO_GPU_PRELOAD';

/** Starts a process that computes on a backend. */
export function workerCommand(id: ComputeId): RunnerCommand {
  const preload = process.env[preloadVariable];
  return {
    command: process.execPath,
    args: ['--disable-warning=ExperimentalWarning', ...(preload ? ['--import', preload] : []), workerFile(), id],
    environment: { OMP_WAIT_POLICY: 'passive', COTO_ENGINE_PROCESS: 'child', ...cudaPath() },
  };
}

/** CUDA's libraries, where libtensorflow was set up with them: the loader reads this when a process starts. */
function cudaPath(): Record<string, string> {
  const folders = findInstallation()?.libraryFolders ?? [];
  const given = process.env['LD_LIBRARY_PATH'];
  return folders.length === 0 ? {} : { LD_LIBRARY_PATH: [...folders, ...(given ? [given] : [])].join(':') };
}

/** Next to this module in the sources; the build copies it next to the engine. */
function workerFile(): string {
  const built = !import.meta.url.endsWith('.ts');
  return fileURLToPath(new URL(built ? '../engine/gpu-proof.mjs' : './worker.ts', import.meta.url));
}
