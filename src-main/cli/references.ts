import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { StudioError } from '../../src-shared/contract/errors.ts';
import type { StudioClient } from '../../src-shared/contract/studio-client.ts';
import { type AdapterRecord, baseNameOf } from '../../src-shared/domain/adapters/adapter.ts';
import { recordsMeant } from '../../src-shared/domain/app/named-records.ts';
import type { DatasetRecord } from '../../src-shared/domain/data/dataset.ts';
import type { ModelRecord } from '../../src-shared/domain/models/model.ts';
import type { RunRecord } from '../../src-shared/domain/runs/run.ts';
import type { StudyRecord } from '../../src-shared/domain/studies/study.ts';
import { addDataset } from './read-files.ts';
import type { Terminal } from './terminal.ts';

/** A model by id, by name, or by folder (which is then made known to the studio). */
export async function findModel(client: StudioClient, reference: string): Promise<ModelRecord> {
  const found = pick('model', await client.request('models.list', {}), reference);
  if (found !== null) return found;
  return existsSync(reference)
    ? client.request('models.add', { path: resolve(reference) })
    : notFound('model', reference, 'coto models list');
}

/** A dataset by id, by name, or by folder (which is then made known to the studio). */
export async function findDataset(client: StudioClient, reference: string, terminal: Terminal): Promise<DatasetRecord> {
  const found = pick('dataset', await client.request('datasets.list', {}), reference);
  if (found !== null) return found;
  return existsSync(reference)
    ? addDataset(client, { path: resolve(reference) }, terminal)
    : notFound('dataset', reference, 'coto datasets list');
}

/** An adapter by id, by name, by the run that made it, or by folder (which is then imported; `modelId` says its base). */
export async function findAdapter(client: StudioClient, reference: string, modelId?: string): Promise<AdapterRecord> {
  const adapters = await client.request('adapters.list', {});
  const found = pick('adapter', adapters, reference);
  if (found !== null) return found;
  const run = pick('run', await client.request('runs.list', {}), reference);
  const made = adapters.find((adapter) => adapter.id === run?.adapterId);
  if (made !== undefined) return made;
  if (run !== null)
    throw new StudioError('refused', `The run "${run.name}" has made no adapter (${run.status}).`, 'Let it end first.');
  if (!existsSync(reference)) return notFound('adapter', reference, 'coto adapters list');
  const path = resolve(reference);
  const imported = await importedBefore(adapters, path);
  return imported ?? client.request('adapters.import', { path, ...(modelId === undefined ? {} : { modelId }) });
}

/** The adapter that was taken from this very file or folder, if its tensors are still the same. */
async function importedBefore(adapters: readonly AdapterRecord[], path: string): Promise<AdapterRecord | null> {
  const candidates = adapters.flatMap((adapter) => {
    const { origin, sha256 } = adapter;
    return origin.kind === 'import' && origin.path === path ? [{ adapter, sha256: origin.sha256 ?? sha256 }] : [];
  });
  if (candidates.length === 0) return null;
  for (const file of [path, join(path, 'adapter_model.safetensors'), join(path, 'adapters.safetensors')]) {
    const tensors = await readFile(file).catch(() => null);
    if (tensors === null) continue;
    const sha256 = createHash('sha256').update(tensors).digest('hex');
    return candidates.find((one) => one.sha256 === sha256)?.adapter ?? null;
  }
  return null;
}

/** A run by id or by name, archived ones too. */
export async function findRun(client: StudioClient, reference: string): Promise<RunRecord> {
  for (const archived of [false, true]) {
    const found = pick('run', await client.request('runs.list', { archived }), reference);
    if (found !== null) return found;
  }
  return notFound('run', reference, 'coto runs list');
}

/** A study by id or by name. */
export async function findStudy(client: StudioClient, reference: string): Promise<StudyRecord> {
  const found = pick('study', await client.request('studies.list', {}), reference);
  return found ?? notFound('study', reference, 'coto study list');
}

/** The record of that id, else the only one of that name; several of one name are a question, not an answer. */
function pick<T extends { id: string; name: string }>(
  kind: string,
  records: readonly T[],
  reference: string,
): T | null {
  const meant = recordsMeant(records, reference);
  if (meant.length > 1)
    throw new StudioError(
      'invalid_input',
      `There are ${meant.length} ${kind}s named "${reference}".`,
      `Give the id of one: ${meant.map((record) => record.id).join(', ')}.`,
    );
  return meant[0] ?? null;
}

function notFound(kind: string, reference: string, command: string): never {
  throw new StudioError(
    'not_found',
    `There is no ${kind} "${reference}": no id, no name, no folder.`,
    `${command} shows what there is.`,
  );
}

/** The base of the first of these adapters; undefined if there is none. @throws StudioError refused if it is not in the studio */
export function modelOf([adapter]: readonly AdapterRecord[]): string | undefined {
  if (adapter === undefined || adapter.modelId !== null) return adapter?.modelId ?? undefined;
  throw new StudioError(
    'refused',
    `The base of "${adapter.name}" (${baseNameOf(adapter)}) is not in the studio, so nothing can be computed with it.`,
    'Add its base model, then import the adapter again.',
  );
}
