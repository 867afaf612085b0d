import type { CheckpointRecord } from '../../../src-shared/domain/runs/checkpoint.ts';
import type { RunRecord } from '../../../src-shared/domain/runs/run.ts';
import { checkpointsFolder, cutHistory, cutSamples } from '../../engine/api/training.ts';
import { discardFolder } from '../../files/atomic.ts';
import type { Home } from '../home/home.ts';
import type { Services } from '../services/services.ts';

type Parts = Pick<Services, 'home' | 'store'>;

/** Stores a checkpoint that was written; only then those that it replaces go. `folder` is relative to the home. */
export function keepCheckpoint({ home, store }: Parts, runId: string, checkpoint: CheckpointRecord): void {
  const replaced =
    checkpoint.kind === 'step'
      ? []
      : (store.runs.find(runId)?.checkpoints ?? []).filter(
          ({ kind, folder }) => kind === checkpoint.kind && folder !== checkpoint.folder,
        );
  // The steps' records precede the checkpoint, so they reach the disk with it.
  store.durably(() => store.runs.saveCheckpoint(runId, checkpoint));
  for (const { folder } of replaced) discardFolder(home.absolute(folder));
}

/** Forgets what a run recorded and saved after `step` steps, in files and rows: it goes on from there in another way. */
export async function cutRun({ home, store }: Parts, run: RunRecord, step: number): Promise<void> {
  const kept = new Set(run.checkpoints.filter((one) => one.step <= step).map(({ folder }) => folder));
  for (const folder of checkpointFolders({ home }, run)) if (!kept.has(folder)) discardFolder(home.absolute(folder));
  await cutHistory(home.absolute(run.folder), step);
  await cutSamples(home.absolute(run.folder), step);
  store.transaction(() => {
    store.history.truncate(run.id, step);
    store.samples.truncate(run.id, step);
    store.runs.removeCheckpointsAfter(run.id, step);
  });
}

/** The checkpoint folders of a run that are on disk, relative to the home. */
export function checkpointFolders(
  { home }: { readonly home: Pick<Home, 'entries'> },
  { folder }: Pick<RunRecord, 'folder'>,
): string[] {
  return home.entries(folder, checkpointsFolder).folders.map((name) => `${folder}/${checkpointsFolder}/${name}`);
}
