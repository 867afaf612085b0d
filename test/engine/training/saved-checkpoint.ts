import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { CheckpointRecord } from '../../../src-shared/domain/runs/checkpoint.ts';

/** The folder of a run's latest checkpoint of a kind. */
export function savedCheckpoint(runDirectory: string, kind: CheckpointRecord['kind'] = 'last'): string {
  const parent = join(runDirectory, 'checkpoints');
  const name = readdirSync(parent)
    .filter((one) => one.startsWith(`${kind}-`))
    .sort()
    .at(-1);
  if (name === undefined) throw new Error(`${parent} has no ${kind} checkpoint`);
  return join(parent, name);
}
