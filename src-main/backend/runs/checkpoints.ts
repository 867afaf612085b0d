import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { CheckpointRecord, CheckpointSummary } from '../../../src-shared/domain/runs/checkpoint.ts';
import type { RunRecord } from '../../../src-shared/domain/runs/run.ts';
import { discardFolder } from '../../files/atomic.ts';
import { folderBytes } from '../../files/folder-fingerprint.ts';
import type { HandlerServices } from '../jobs/handler-services.ts';
import type { Services } from '../services/services.ts';
import { adapterAt } from './checkpoint-adapters.ts';
import { latestCheckpoint, requireCheckpoint } from './latest-checkpoint.ts';
import { resumableStatuses } from './runs.ts';
import { scoresAt } from './scores-at.ts';
import { requireRun } from './training-record.ts';

/** The checkpoints of a run that are on disk, the earliest first. */
export async function listCheckpoints(services: HandlerServices, id: string): Promise<CheckpointSummary[]> {
  const { store, home } = services;
  const run = requireRun(store, id);
  const bestStep = bestStepOf(run);
  const summaries: CheckpointSummary[] = [];
  for (const checkpoint of run.checkpoints) {
    const path = home.existing(checkpoint.folder);
    if (path === null) continue;
    summaries.push({
      ...checkpoint,
      path,
      bytes: await folderBytes(path),
      evaluation: evaluationAt(services, id, checkpoint.step),
      isBest: checkpoint.step === bestStep,
      adapterId: adapterAt(services, run, checkpoint)?.id ?? null,
      neededFor: neededFor(services, run, checkpoint),
    });
  }
  return summaries;
}

/**
 * Deletes a checkpoint and returns the bytes freed.
 * @throws StudioError refused while the run is training or queued, and where the run needs the checkpoint
 */
export async function removeCheckpoint(
  services: HandlerServices,
  id: string,
  { folder, evenIfNeeded }: { readonly folder: string; readonly evenIfNeeded: boolean },
): Promise<number> {
  const { store, home, hub } = services;
  const path = home.absolute(requireCheckpoint(requireRun(store, id), folder).folder);
  const freedBytes = await folderBytes(path);
  // Nothing comes between what is asked from here on and the removal: meanwhile the run may have been resumed.
  const run = requireRun(store, id);
  const checkpoint = requireCheckpoint(run, folder);
  if (run.status === 'running' || run.status === 'queued')
    throw new StudioError('refused', `The run "${run.name}" is ${run.status}.`, 'Pause it first.');
  const need = neededFor(services, run, checkpoint);
  if (need === 'load_best_model_at_end')
    throw new StudioError(
      'refused',
      `The run "${run.name}" ends with its best checkpoint (load_best_model_at_end), and this is the one.`,
      'Resume the run, or cancel it; then the checkpoint can be deleted.',
    );
  if (need === 'resume' && !evenIfNeeded)
    throw new StudioError('refused', `The run "${run.name}" is resumed from this checkpoint.`);
  discardFolder(path);
  store.runs.removeCheckpoint(id, folder);
  hub.runChanged(requireRun(store, id));
  return freedBytes;
}

function bestStepOf({ checkpoints, result }: RunRecord): number | null {
  return result?.best?.step ?? checkpoints.find(({ kind }) => kind === 'best')?.step ?? null;
}

function evaluationAt(
  { store }: Pick<Services, 'store'>,
  runId: string,
  step: number,
): CheckpointSummary['evaluation'] {
  const { accuracy, loss, metrics: further } = scoresAt(store, runId, step);
  const metrics = { ...(accuracy === null ? {} : { accuracy }), ...further };
  return loss === null && Object.keys(metrics).length === 0 ? null : { loss, metrics };
}

/** Returns the ability that a resumable run would lose without the checkpoint. */
function neededFor(
  { home }: Pick<Services, 'home'>,
  run: RunRecord,
  checkpoint: CheckpointRecord,
): CheckpointSummary['neededFor'] {
  if (!resumableStatuses.has(run.status)) return null;
  if (checkpoint.kind === 'best' && run.config.load_best_model_at_end) return 'load_best_model_at_end';
  return latestCheckpoint(home, run)?.folder === checkpoint.folder ? 'resume' : null;
}
