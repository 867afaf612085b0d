import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { JobRecord } from '../../../src-shared/domain/job.ts';
import type { StudyConfig, StudyRecord } from '../../../src-shared/domain/study.ts';
import { newId } from '../identifiers.ts';
import { referencesOf, studyJob } from '../jobs/study.ts';
import { requireRun } from '../jobs/train.ts';
import { requireAdapter } from '../library/adapters.ts';
import { resolveDataset } from '../library/datasets.ts';
import type { HandlerServices } from '../services.ts';

const usualNames: Record<StudyConfig['kind'], string> = {
  lambda: 'λ between adapters',
  pruning: 'Pruning',
  merging: 'Merging seeds',
};

/** Keeps a study and queues it behind the runs that it refers to. Throws where a reference leads nowhere. */
export async function createStudy(
  services: HandlerServices,
  details: { name: string | undefined; config: StudyConfig; parentId: string | null },
): Promise<{ study: StudyRecord; job: JobRecord }> {
  const { store, hub, queue } = services;
  const dataset = await resolveDataset(services, details.config.dataset);
  const after = new Set<string>();
  for (const reference of referencesOf(details.config)) {
    if ('adapterId' in reference) requireAdapter(store, reference.adapterId);
    else {
      const job = runJob(services, reference.runId);
      if (job) after.add(job.id);
    }
  }
  const study: StudyRecord = {
    id: newId('study'),
    name: details.name ?? `${usualNames[details.config.kind]} · ${dataset.name}`,
    kind: details.config.kind,
    status: 'queued',
    config: details.config,
    result: null,
    error: null,
    parentId: details.parentId,
    createdAt: Date.now(),
    finishedAt: null,
  };
  const job = store.transaction(() => {
    store.studies.insert(study);
    return queue.add(studyJob, { title: study.name, subjectId: study.id, after: [...after] }, { studyId: study.id });
  });
  hub.listChanged('studies');
  return { study, job };
}

/** The job that a study has to wait for; null where the run has made its adapter already. */
function runJob({ store }: HandlerServices, runId: string): JobRecord | null {
  const run = requireRun(store, runId);
  if (run.adapterId !== null) return null;
  const job = store.jobs.findOfSubject(runId);
  if (job === null || ['failed', 'cancelled'].includes(run.status))
    throw new StudioError(
      'refused',
      `The run "${run.name}" has made no adapter (${run.status}).`,
      'Resume it, or choose another run.',
    );
  return job;
}
