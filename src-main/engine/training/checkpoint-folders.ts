import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { CheckpointRecord } from '../../../src-shared/domain/runs/checkpoint.ts';
import { readTrainerState } from './trainer-state.ts';

export const checkpointsFolder = 'checkpoints';

/**
 * A folder for a new checkpoint. No checkpoint is ever written over another one, whatever the name: a killed process leaves
 * either the old ones alone or the old ones and the new one.
 */
export function newCheckpointFolder(runDirectory: string, kind: CheckpointRecord['kind'], step: number): string {
  const wished = join(runDirectory, checkpointsFolder, `${kind}-${String(step).padStart(6, '0')}`);
  let folder = wished;
  for (let copy = 2; existsSync(folder); copy++) folder = `${wished}-${copy}`;
  return folder;
}

/** Kind of the checkpoint in a folder of that name; null for any other name. Earlier versions had `last` and `best` alone. */
export function checkpointKind(name: string): CheckpointRecord['kind'] | null {
  switch (/^(last|best|step)(-\d{6,}(-\d+)?)?$/.exec(name)?.[1]) {
    case 'last':
      return 'last';
    case 'best':
      return 'best';
    case 'step':
      return 'step';
    default:
      return null;
  }
}

/** The folder of the best checkpoint after `step` steps; null if it is gone. */
export async function findBestFolder(runDirectory: string, step: number): Promise<string | null> {
  const parent = join(runDirectory, checkpointsFolder);
  const names = await readdir(parent).catch(() => []);
  for (const name of names
    .filter((one) => checkpointKind(one) === 'best')
    .sort()
    .reverse()) {
    const folder = join(parent, name);
    if (stepIn(folder) === step) return folder;
  }
  return null;
}

function stepIn(folder: string): number | null {
  try {
    return readTrainerState(folder).global_step;
  } catch {
    return null;
  }
}
