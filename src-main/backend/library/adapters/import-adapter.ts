import { mkdir, rm } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import type { AdapterRecord } from '../../../../src-shared/domain/adapter.ts';
import type { ModelRecord } from '../../../../src-shared/domain/model.ts';
import type { HandlerServices } from '../../jobs/handler-services.ts';
import { importedFolder } from '../../reading/adapter-schemas.ts';
import { storedBytes } from '../../reading/limits.ts';
import { requireModel } from '../models/models.ts';
import { listRead, newAdapterFolder } from './adapters.ts';
import { importOnResidual } from './import-residual.ts';

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
