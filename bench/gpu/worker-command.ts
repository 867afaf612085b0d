import { fileURLToPath } from 'node:url';
import { libraryPath } from '../../src-main/engine/compute/tensorflow/installation.ts';
import type { ComputeId } from '../../src-shared/domain/catalog.ts';
import type { RunnerCommand } from '../line-process.ts';

/** A module that the processes load before all else: what a test breaks, a driver would. */
const preloadVariable = 'COTO_GPU_PRELOAD';

/** Starts a process that computes on a backend. */
export function workerCommand(id: ComputeId): RunnerCommand {
  const preload = process.env[preloadVariable];
  const libraries = libraryPath();
  return {
    command: process.execPath,
    args: ['--disable-warning=ExperimentalWarning', ...(preload ? ['--import', preload] : []), workerFile(), id],
    environment: {
      OMP_WAIT_POLICY: 'passive',
      COTO_ENGINE_PROCESS: 'child',
      ...(libraries === undefined ? {} : { LD_LIBRARY_PATH: libraries }),
    },
  };
}

/** Next to this module in the sources; the build copies it next to the engine. */
function workerFile(): string {
  const built = !import.meta.url.endsWith('.ts');
  return fileURLToPath(new URL(built ? '../engine/gpu-proof.mjs' : './worker.ts', import.meta.url));
}
