import { constants, cp } from 'node:fs/promises';
import type { JobRecord } from '../../../src-shared/domain/jobs/job.ts';
import type { CheckpointRecord } from '../../../src-shared/domain/runs/checkpoint.ts';
import type { RunRecord } from '../../../src-shared/domain/runs/run.ts';
import { discardFolder } from '../../files/atomic.ts';
import { newId } from '../../store/identifiers.ts';
import type { HandlerServices } from '../jobs/handler-services.ts';
import { resolveDataset } from '../library/datasets/datasets.ts';
import { resolveModel } from '../library/models/models.ts';
import { readCheckpointFolder, restoreHistory, restoreSamples } from '../recovery/reconcile-runs.ts';
import { checkpointFolders } from '../runs/checkpoint-files.ts';
import { splitText, withMicroBatches } from '../runs/micro-batch-split.ts';
import { readRunFile, recordIn } from '../runs/run-file.ts';
import { resumeRun } from '../runs/runs.ts';
import { settingsOf } from './import-result.ts';
import { type KeptCheckpoint, keptCheckpoints } from './kept-checkpoints.ts';
import type { Attempt } from './write-result.ts';

/** A run that goes on from where another attempt had come. */
export interface ResumedRun {
  readonly run: RunRecord;
  readonly job: JobRecord;
  readonly from: KeptCheckpoint;
}

/**
 * Goes on with the furthest checkpoint that attempts at this run have kept in the bundle, by the same settings and compute backend,
 * with the batch split again for this machine where the run lets it be (`auto_find_batch_size`); null where there is none that is whole. Base and dataset are in the home already.
 */
export async function resumeKept(services: HandlerServices, attempt: Attempt): Promise<ResumedRun | null> {
  const { home, log } = services;
  for (const kept of await keptCheckpoints(attempt)) {
    const id = newId('run');
    const folder = home.absolute('runs', id);
    try {
      // Optimizer states are large: a file system that can shares their blocks.
      await cp(kept.folder, folder, { recursive: true, mode: constants.COPYFILE_FICLONE });
      const run = await adopt(services, attempt, { id, kept });
      // The inputs of a bundle were compared with its hashes as they were opened.
      return { run, job: resumeRun(services, id, { inputs: 'verified' }), from: kept };
    } catch (error) {
      // Removed by an attempt that has ended meanwhile, torn, or of another backend: then it begins further back.
      log.warn({ err: error, folder: kept.folder }, 'a checkpoint of an earlier attempt was not gone on with');
      discardFolder(folder);
    }
  }
  return null;
}

/** @throws Error saying why the folder is not one to go on with; then nothing is stored */
async function adopt(
  services: HandlerServices,
  { bundle, job }: Attempt,
  { id, kept }: { readonly id: string; readonly kept: KeptCheckpoint },
): Promise<RunRecord> {
  const { home, store } = services;
  const place = `runs/${id}`;
  const file = readRunFile(home, home.absolute(place));
  if (file === null) throw new Error('its run.json cannot be read');
  await settingsOf(services, bundle, job, file.run);
  const { compute_backend: backend } = store.settings.get();
  if (backend !== 'auto' && file.run.facts?.backend !== backend)
    throw new Error(`it is of ${file.run.facts?.backend}, and this attempt takes ${backend}`);
  const checkpoints: CheckpointRecord[] = [];
  for (const folder of checkpointFolders({ home }, { folder: place })) {
    const found = await readCheckpointFolder({ home }, folder);
    if (found === null) throw new Error(`${folder} is damaged`);
    checkpoints.push(found);
  }
  if (!checkpoints.some(({ step }) => step === kept.step)) throw new Error(`it has no checkpoint of step ${kept.step}`);
  // The micro-batch that fits here may differ from the previous machine's. A step takes the same examples, however they
  // are split.
  const { model, dataset } = file.run.config;
  const config = await withMicroBatches(
    services,
    file.run.config,
    await resolveModel(services, model),
    (await resolveDataset(services, dataset)).description,
  );
  const own = { config, step: kept.step, result: null, adapterId: null, error: null, finishedAt: null };
  const run: RunRecord = { ...recordIn(file, place, id), ...own, name: job.title, status: 'interrupted' };
  const { createdAt, startedAt, finishedAt, error } = run;
  store.durably(() => {
    store.runs.insert(run);
    for (const checkpoint of checkpoints) store.runs.saveCheckpoint(id, checkpoint);
    store.jobs.insert(
      {
        id: newId('job'),
        kind: 'train',
        title: `Train ${run.name}`,
        status: 'interrupted',
        subjectId: id,
        parentId: null,
        after: [],
        progress: null,
        ...{ createdAt, startedAt, finishedAt, error },
      },
      { runId: id, resumeFrom: null, together: null },
    );
  });
  const message = `Attempt ${kept.attempt} was lost; this one resumes from its checkpoint at step ${kept.step}.`;
  await restoreHistory(services, run, kept.step, message);
  await restoreSamples(services, run, kept.step);
  if (config.auto_find_batch_size) store.history.insertLog(id, Date.now(), 'info', splitText(config));
  return run;
}
