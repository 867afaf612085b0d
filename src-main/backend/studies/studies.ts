import { StudioError } from '../../../src-shared/contract/errors.ts';
import { isOver, type JobRecord } from '../../../src-shared/domain/jobs/job.ts';
import type { JobSpec } from '../../../src-shared/domain/studies/plan.ts';
import type { Registration } from '../../../src-shared/domain/studies/registration.ts';
import type { StudyRecord } from '../../../src-shared/domain/studies/study.ts';
import { type StudyConfig, scoredTaskOf, studyKind } from '../../../src-shared/studies/index.ts';
import { studyWork } from '../../engine/api/studies.ts';
import { newId } from '../../store/identifiers.ts';
import type { HandlerServices } from '../jobs/handler-services.ts';
import { requireAdapter } from '../library/adapters/adapters.ts';
import { requireRun } from '../runs/training-record.ts';
import { checkDesign } from './check-design.ts';
import { checkPlan } from './check-plan.ts';
import { HomeStudyAdapters } from './study-adapters.ts';
import { studyJob } from './study-job.ts';
import { requireStudy } from './study-records.ts';

/**
 * Creates a study and queues it behind the runs that it refers to. Throws, creating nothing, on a dangling reference
 * or an impossible plan.
 */
export async function createStudy(
  services: HandlerServices,
  details: {
    name: string | undefined;
    config: StudyConfig;
    /** By default a new one. */
    id?: string;
    parentId: string | null;
    /** Target that trains its runs; null or absent: this machine. */
    target?: string | null;
    /** The registration that the study was compared with. */
    registration?: Registration;
    /** Jobs of runs that were queued with the study; the queue handles their failures. */
    with?: readonly JobRecord[];
  },
): Promise<{ study: StudyRecord; job: JobRecord }> {
  const { store, hub, queue } = services;
  const { kind, declaration, references } = studyKind(details.config.kind);
  const queuedWith = details.with ?? [];
  const after = new Set(queuedWith.map(({ id }) => id));
  for (const reference of references(details.config)) {
    if ('run' in reference) continue;
    if ('adapterId' in reference) requireAdapter(store, reference.adapterId);
    else if (!queuedWith.some(({ subjectId }) => subjectId === reference.runId)) {
      const job = runJob(services, reference.runId);
      if (job) after.add(job.id);
    }
  }
  if (details.target != null) requireOwnTrainings(details.config);
  const { config, specs } = await preparedStudy(services, details.config);
  const datasets = new Set(specs.flatMap((spec) => ('dataset' in spec ? spec.dataset : [])));
  const names = [...datasets].map((id) => store.datasets.find(id)?.name ?? id);
  const study: StudyRecord = {
    id: details.id ?? newId('study'),
    name: details.name ?? `${declaration.label} · ${names.join(', ')}`,
    kind,
    status: 'queued',
    config,
    result: null,
    provenance: null,
    error: null,
    parentId: details.parentId,
    target: details.target ?? null,
    createdAt: Date.now(),
    finishedAt: null,
  };
  const job = store.transaction(() => {
    store.studies.insert(study);
    return queue.add(
      studyJob,
      { title: study.name, subjectId: study.id, after: [...after] },
      studyPayload(study.id, details.registration),
    );
  });
  hub.listChanged('studies');
  return { study, job };
}

/**
 * The config with what follows from its adapters filled in, and its first round of work.
 * @throws StudioError for a study that is not possible or cannot be decided, with the way out
 */
export async function preparedStudy(
  services: HandlerServices,
  given: StudyConfig,
): Promise<{ config: StudyConfig; specs: JobSpec[] }> {
  const facts = new HomeStudyAdapters(services);
  const work = studyWork(studyKind(given.kind).kind);
  const config = await work.fit(given, facts);
  const specs = work.plan(config);
  await checkPlan(services, facts, specs, work.primaryMetric(config));
  const design = work.design(config);
  if (design !== null) await checkDesign(services, design, (dataset) => scoredTaskOf(config, dataset));
  return { config, specs };
}

/** @throws StudioError refused for a study of checkpoints, which runs on other machines do not bring back */
export function requireOwnTrainings(config: StudyConfig): void {
  if (!('shares' in config)) return;
  throw new StudioError(
    'refused',
    'Runs that are trained elsewhere bring back their adapter, but not the checkpoints that this study scores.',
    'Run the study here: coto study.',
  );
}

/** Payload of a study's job. */
function studyPayload(studyId: string, registration: Registration | undefined) {
  return { studyId, ...(registration === undefined ? {} : { registration }) };
}

/** Resumes a study. @throws StudioError refused for one that is queued, running or complete */
export function resumeStudy({ store, hub, queue }: HandlerServices, id: string): JobRecord {
  const study = requireStudy(store, id);
  const job = store.jobs.findOfSubject(id);
  if (job === null || study.status === 'completed' || !isOver(job))
    throw new StudioError('refused', `The study "${study.name}" is ${study.status}: it cannot be resumed.`);
  const queued = store.transaction(() => {
    store.studies.setOpen(id, 'queued');
    const { data } = studyJob.payload.safeParse(store.jobs.readablePayload(job.id));
    return queue.requeue(job, studyPayload(id, data?.registration));
  });
  hub.listChanged('studies');
  return queued;
}

/** The job that a study must wait for; null if the run has its adapter already. */
function runJob({ store }: HandlerServices, runId: string): JobRecord | null {
  const run = requireRun(store, runId);
  if (run.adapterId !== null) return null;
  const job = store.jobs.findOfSubject(runId);
  if (job === null || ['failed', 'cancelled'].includes(run.status))
    throw new StudioError(
      'refused',
      `The run "${run.name}" has no adapter (${run.status}).`,
      'Resume it, or choose another run.',
    );
  return job;
}
