import { basename, resolve } from 'node:path';
import type { z } from 'zod';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { AdapterRecord } from '../../../../src-shared/domain/adapters/adapter.ts';
import { jobAnswerSchema, jobError, resultOf } from '../../../../src-shared/domain/jobs/job.ts';
import type { HandlerServices } from '../../jobs/handler-services.ts';
import { requireModel } from '../models/models.ts';
import { requireAdapter } from './adapters.ts';
import { addImport } from './add-import.ts';
import { importAdapterJob } from './import-adapter-job.ts';

interface Options {
  readonly modelId?: string | undefined;
  readonly name?: string | undefined;
  /** Highest rank of a module that is converted to LoRA. */
  readonly rank?: number | undefined;
}

/**
 * Imports an adapter in any format that is read. Without `modelId` the base is the one that the adapter names, else the only one
 * that it fits, else one that is not in the studio. An import that takes long is a job, which this waits for.
 */
export async function importAdapter(
  services: HandlerServices,
  path: string,
  { modelId, name, rank }: Options,
): Promise<AdapterRecord> {
  const { store } = services;
  const given = resolve(path);
  const title = name ?? basename(given).replace(/\.(safetensors|gguf)$/i, '');
  if (modelId !== undefined) requireModel(store, modelId);
  const files = { path: given, name: title, modelId: modelId ?? null, rank: rank ?? null };
  const read = await addImport(services, files);
  if (read.kind === 'added') return read.adapter;
  if (read.kind === 'long') return importByJob(services, { ...files, form: 'long' });
  const base = read.modelId === null ? null : requireModel(store, read.modelId);
  if (base === null)
    throw new StudioError(
      'refused',
      `${read.path} was trained on a residual base (the base minus the adapter's start), which is computed from the base model, and that model is not in the studio.`,
      'Add its base model first, then import the adapter.',
    );
  return importByJob(services, { ...files, path: read.path, modelId: base.id, form: 'residual' });
}

/** Waits for the job that imports the adapter. @throws StudioError what the job ended with */
async function importByJob(
  { store, queue }: Pick<HandlerServices, 'store' | 'queue'>,
  payload: z.output<typeof importAdapterJob.payload>,
): Promise<AdapterRecord> {
  const details = { title: `Import ${payload.name}`, subjectId: payload.modelId };
  const job = queue.add(importAdapterJob, details, payload);
  const ended = await queue.ended(job);
  if (ended.error !== null) throw jobError(ended);
  if (ended.status !== 'completed')
    throw new StudioError('cancelled', `The import of ${payload.path} was ${ended.status}.`);
  const answer = jobAnswerSchema.parse({ kind: 'import-adapter', result: store.jobs.result(job.id) });
  return requireAdapter(store, resultOf(answer, 'import-adapter')?.adapterId ?? '');
}
