import type { JobRecord } from '../../../src-shared/domain/job.ts';
import { jobOf } from '../job-kinds.ts';
import type { Services } from '../services/services.ts';

/** The queued or running job that needs the adapter; null if none does. */
export function jobThatNeeds(store: Services['store'], adapterId: string): JobRecord | null {
  return store.jobs.list(true).find((job) => neededAdapters(store, job).includes(adapterId)) ?? null;
}

function neededAdapters(store: Services['store'], job: JobRecord): string[] {
  return jobOf(job.kind)
    .references(store.jobs.payload(job.id), store)
    .flatMap((reference) =>
      'adapterId' in reference ? reference.adapterId : (store.runs.find(reference.runId)?.adapterId ?? []),
    );
}
