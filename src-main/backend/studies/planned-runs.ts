import type { JobRecord } from '../../../src-shared/domain/job.ts';
import type { TrainingSpec } from '../../../src-shared/domain/plan.ts';
import type { RunRecord } from '../../../src-shared/domain/run.ts';
import { resolveDataset } from '../library/datasets.ts';
import { resolveModel } from '../library/models.ts';
import { checkedRun } from '../runs/run-yaml.ts';
import { createRun, resumeRun } from '../runs/runs.ts';
import type { HandlerServices } from '../services.ts';
import { trainingKey } from './content-keys.ts';

/**
 * Finds the run of a training by its content: any completed one whose adapter exists, else a resumable one of a
 * study; null if there is none.
 */
export async function plannedRun(
  services: HandlerServices,
  spec: Pick<TrainingSpec, 'config'>,
): Promise<RunRecord | null> {
  const { store } = services;
  const config = checkedRun(spec.config);
  const model = await resolveModel(services, config.model);
  const dataset = await resolveDataset(services, config.dataset);
  const runs = store.contents
    .findRuns(await trainingKey(config, model, dataset))
    .flatMap((id) => store.runs.find(id) ?? []);
  const isDone = ({ status, adapterId }: RunRecord) =>
    status === 'completed' && adapterId !== null && store.adapters.find(adapterId) !== null;
  const canGoOn = ({ status, studyId }: RunRecord) =>
    studyId !== null && ['queued', 'running', 'paused', 'interrupted', 'failed', 'cancelled'].includes(status);
  return runs.find(isDone) ?? runs.find(canGoOn) ?? null;
}

/** Queues the training, resuming `known` if given, and returns its job. */
export async function queuePlannedRun(
  services: HandlerServices,
  { title, config }: TrainingSpec,
  known: RunRecord | null,
  parent: { readonly studyId: string; readonly jobId: string },
): Promise<JobRecord> {
  if (known !== null) {
    const job = services.store.jobs.findOfSubject(known.id);
    if (job !== null && (job.status === 'queued' || job.status === 'running')) return job;
    return resumeRun(services, known.id);
  }
  const { job } = await createRun(services, {
    name: title,
    config,
    tags: [],
    studyId: parent.studyId,
    parentId: parent.jobId,
  });
  return job;
}
