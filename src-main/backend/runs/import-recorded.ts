import { basename } from 'node:path';
import type { RequestOutput } from '../../../src-shared/contract/requests.ts';
import { jobAnswerSchema, resultOf } from '../../../src-shared/domain/job.ts';
import { completed } from '../jobs/awaited-job.ts';
import type { HandlerServices } from '../jobs/handler-services.ts';
import { importRunsJob } from '../trackers/import-runs-job.ts';

/** Imports runs in a job, which has progress and can be cancelled, and waits for it. A job without a result is removed. */
export async function importRecorded(
  { store, queue }: HandlerServices,
  path: string,
): Promise<RequestOutput<'runs.import'>> {
  const title = `Import ${basename(path)}`;
  const job = await completed({ store, queue }, queue.add(importRunsJob, { title, subjectId: null }, { path }));
  const answer = jobAnswerSchema.parse({ kind: 'import-runs', result: store.jobs.result(job.id) });
  const { runIds, skipped } = resultOf(answer, 'import-runs') ?? { runIds: [], skipped: [] };
  return { runs: runIds.flatMap((id) => store.runs.find(id) ?? []), skipped };
}
