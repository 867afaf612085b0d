import { mkdir, rm } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { AdapterRecord } from '../../../../src-shared/domain/adapters/adapter.ts';
import { jobAnswerSchema, jobError, resultOf } from '../../../../src-shared/domain/jobs/job.ts';
import type { ModelRecord } from '../../../../src-shared/domain/models/model.ts';
import type { HandlerServices } from '../../jobs/handler-services.ts';
import { importedFolder } from '../../reading/adapter-schemas.ts';
import { storedBytes } from '../../reading/limits.ts';
import { requireModel } from '../models/models.ts';
import { listRead, newAdapterFolder, requireAdapter } from './adapters.ts';
import { importAdapterJob } from './import-adapter-job.ts';

type Parts = Pick<HandlerServices, 'home' | 'store' | 'hub' | 'queue' | 'reader'>;

interface Options {
  readonly modelId: string | undefined;
  readonly name: string | undefined;
}

/**
 * Imports an adapter in any format that is read. Without `modelId` the base is the one that the adapter names, else the only one
 * that it fits, else one that is not in the studio.
 */
export async function importAdapter(parts: Parts, path: string, { modelId, name }: Options): Promise<AdapterRecord> {
  const { store, reader } = parts;
  const given = resolve(path);
  const title = name ?? basename(given).replace(/\.(safetensors|gguf)$/i, '');
  if (modelId !== undefined) requireModel(store, modelId);
  const { id, directory } = newAdapterFolder(parts);
  try {
    await mkdir(directory);
    const read = await reader.read(
      'importAdapter',
      { path: given, models: store.models.list().map(baseModel), modelId: modelId ?? null, directory },
      { bytes: await storedBytes(given) },
    );
    if (read.kind === 'residual') {
      const base = read.modelId === null ? null : requireModel(store, read.modelId);
      return await importOnResidual(parts, read.path, title, base);
    }
    const { modelId: base, foreignBase, facts, sha256 } = read;
    const origin = { kind: 'import' as const, path: given, ...(sha256 === undefined ? {} : { sha256 }) };
    const details = { name: title, modelId: base, foreignBase, origin, datasetId: null, accuracy: null };
    return await listRead(parts, id, details, async () => facts, {
      from: join(directory, importedFolder),
    });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

function baseModel({
  id,
  name,
  path,
  description,
}: ModelRecord): Pick<ModelRecord, 'id' | 'name' | 'path' | 'description'> {
  return { id, name, path, description };
}

/**
 * Imports a PEFT folder that uses a residual base (PiSSA, OLoRA): waits for the job that recomputes the residual from the
 * base's weights and keeps the equal plain LoRA.
 * @throws StudioError refused where the base is not in the studio, and what the job ended with.
 */
async function importOnResidual(
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
