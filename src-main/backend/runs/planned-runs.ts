import { isOver, type JobRecord } from '../../../src-shared/domain/jobs/job.ts';
import type { RunRecord } from '../../../src-shared/domain/runs/run.ts';
import type { TrainingSpec } from '../../../src-shared/domain/studies/plan.ts';
import type { HandlerServices } from '../jobs/handler-services.ts';
import { canonicalJson, trainingKey } from '../library/content-keys.ts';
import { resolveDataset } from '../library/datasets/datasets.ts';
import { resolveModel } from '../library/models/models.ts';
import { checkedRun } from './run-yaml.ts';
import { createRun, resumeRun } from './runs.ts';
import { configKey, maxRuns } from './runs-together.ts';

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

/**
 * Trainings that can share passes over the base, in groups; the queue trains as many of a group at once as memory allows. The
 * groups are as even as may be, and none is larger than a pass takes.
 */
export function trainedTogether(specs: readonly TrainingSpec[]): TrainingSpec[][] {
  const alike = Map.groupBy(specs, ({ config }) =>
    canonicalJson([config.model, config.dataset, configKey(checkedRun(config))]),
  );
  return [...alike.values()].flatMap((members) => {
    const size = Math.ceil(members.length / Math.ceil(members.length / maxRuns));
    return Array.from({ length: Math.ceil(members.length / size) }, (_, at) =>
      members.slice(at * size, (at + 1) * size),
    );
  });
}

interface Parent {
  readonly studyId: string;
  readonly jobId: string;
}

/** Queues those trainings that no run has completed meanwhile, resuming what was begun, and returns their jobs. */
export async function queuePlannedRuns(
  services: HandlerServices,
  specs: readonly TrainingSpec[],
  parent: Parent,
): Promise<JobRecord[]> {
  const together = specs.length > 1 ? parent.studyId : null;
  return services.queue.gather(async () => {
    const jobs: JobRecord[] = [];
    for (const spec of specs) {
      const known = await plannedRun(services, spec);
      if (known?.status !== 'completed')
        jobs.push(await queuePlannedRun(services, spec, known, { ...parent, together }));
    }
    // Trainings of the same content are one run.
    return [...new Map(jobs.map((job) => [job.id, job])).values()];
  });
}

async function queuePlannedRun(
  services: HandlerServices,
  { title, config }: TrainingSpec,
  known: RunRecord | null,
  { studyId, jobId, together }: Parent & { readonly together: string | null },
): Promise<JobRecord> {
  if (known !== null) {
    const job = services.store.jobs.findOfSubject(known.id);
    if (job !== null && !isOver(job)) return job;
    return resumeRun(services, known.id, { together });
  }
  const { job } = await createRun(services, { name: title, config, tags: [], studyId, parentId: jobId, together });
  return job;
}
