import { existsSync } from 'node:fs';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { CheckpointRecord, RunRecord } from '../../../src-shared/domain/run.ts';
import type { Home } from '../home.ts';

/** The latest checkpoint that a run can go on from; null if there is none on disk. */
export function latestCheckpoint(home: Home, { checkpoints }: RunRecord): CheckpointRecord | null {
  return checkpoints
    .filter((checkpoint) => checkpoint.resumable && existsSync(home.absolute(checkpoint.folder)))
    .reduce<CheckpointRecord | null>((best, one) => (best === null || one.step > best.step ? one : best), null);
}

/** @throws StudioError not_found */
export function requireCheckpoint(run: RunRecord, folder: string): CheckpointRecord {
  const checkpoint = run.checkpoints.find((one) => one.folder === folder);
  if (checkpoint === undefined)
    throw new StudioError('not_found', `The run "${run.name}" has no checkpoint ${folder}.`);
  return checkpoint;
}
