import { basename } from 'node:path';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { RequestOutput } from '../../../src-shared/contract/requests.ts';
import { jobAnswerSchema, resultOf } from '../../../src-shared/domain/job.ts';
import type { HandlerServices } from '../handler-services.ts';
import { errorOfJob } from '../jobs/error-of-job.ts';
import { importRunsJob } from '../jobs/import-runs.ts';

/** Imports runs in a job, which has progress and can be cancelled, and waits for it. A job without a result is removed. */
export async function importRecorded(
  { store, queue }: HandlerServices,
  path: string,
): Promise<RequestOutput<'runs.import'>> {
  const title = `Import ${basename(path)}`;
  const job = await queue.ended(queue.add(importRunsJob, { title, subjectId: null }, { path }));
  if (job.status !== 'completed') {
    store.jobs.remove(job.id);
    throw job.error === null ? new StudioError('cancelled', `${title}: ${job.status}.`) : errorOfJob(job.error);
  }
  const answer = jobAnswerSchema.parse({ kind: 'import-runs', result: store.jobs.result(job.id) });
  const { runIds, skipped } = resultOf(answer, 'import-runs') ?? { runIds: [], skipped: [] };
  return { runs: runIds.flatMap((id) => store.runs.find(id) ?? []), skipped };
}
