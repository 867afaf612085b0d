import type { ComputeId } from '../../../src-shared/domain/app/catalog.ts';
import { libraryPath } from '../../engine/api/compute.ts';
import type { RunnerCommand } from '../line-process.ts';
import { programFile } from '../program-file.ts';

/** A module that the processes load before all else: what a test breaks, a driver would. */
const preloadVariable = 'COTO_GPU_PRELOAD';

/** Starts a process that computes on a backend. */
export function workerCommand(id: ComputeId): RunnerCommand {
  const preload = process.env[preloadVariable];
  const libraries = libraryPath();
  return {
    command: process.execPath,
    args: ['--disable-warning=ExperimentalWarning', ...(preload ? ['--import', preload] : []), programFile('card'), id],
    environment: {
      OMP_WAIT_POLICY: 'passive',
      COTO_ENGINE_PROCESS: 'child',
      ...(libraries === undefined ? {} : { LD_LIBRARY_PATH: libraries }),
    },
  };
}
