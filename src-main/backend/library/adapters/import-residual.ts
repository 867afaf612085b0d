import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { AdapterRecord } from '../../../../src-shared/domain/adapter.ts';
import { jobAnswerSchema, jobError, resultOf } from '../../../../src-shared/domain/job.ts';
import type { ModelRecord } from '../../../../src-shared/domain/model.ts';
import type { HandlerServices } from '../../jobs/handler-services.ts';
import { requireAdapter } from './adapters.ts';
import { importAdapterJob } from './import-adapter-job.ts';

/**
 * Imports a PEFT folder that uses a residual base (PiSSA, OLoRA): waits for the job that recomputes the residual from the
 * base's weights and keeps the equal plain LoRA.
 * @throws StudioError refused where the base is not in the studio, and what the job ended with.
 */
export async function importOnResidual(
  { store, queue }: Pick<HandlerServices, 'store' | 'queue'>,
  folder: string,
  name: string,
  model: ModelRecord | null,
): Promise<AdapterRecord> {
  if (model === null)
    throw new StudioError(
      'refused',
      `${folder} was trained on a residual base (the base minus the adapter's start), which is computed from the base model, and that model is not in the studio.`,
      'Add its base model first, then import the adapter.',
    );
  const details = { title: `Import ${name}`, subjectId: model.id };
  const job = queue.add(importAdapterJob, details, { path: folder, modelId: model.id, name });
  const ended = await queue.ended(job);
  if (ended.error !== null) throw jobError(ended);
  if (ended.status !== 'completed') throw new StudioError('cancelled', `The import of ${folder} was ${ended.status}.`);
  const answer = jobAnswerSchema.parse({ kind: 'import-adapter', result: store.jobs.result(job.id) });
  return requireAdapter(store, resultOf(answer, 'import-adapter')?.adapterId ?? '');
}
