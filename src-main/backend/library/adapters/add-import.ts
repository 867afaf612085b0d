import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { AdapterRecord } from '../../../../src-shared/domain/adapters/adapter.ts';
import type { ModelRecord } from '../../../../src-shared/domain/models/model.ts';
import { importedFolder, type ReadImport } from '../../reading/adapter-schemas.ts';
import { storedBytes } from '../../reading/limits.ts';
import type { Services } from '../../services/services.ts';
import { listRead, newAdapterFolder } from './adapters.ts';

/** An adapter to import: its file or folder, absolute, and what the person said of it. */
export interface ImportedFiles {
  readonly path: string;
  readonly name: string;
  readonly modelId: string | null;
  /** Highest rank of a module that is converted to LoRA; null: the usual one. */
  readonly rank: number | null;
}

/** Watches a conversion that takes long. */
interface LongConversionWatch {
  readonly signal: AbortSignal;
  onModules(done: number, total: number): void;
}

type Added = { readonly kind: 'added'; readonly adapter: AdapterRecord };

/**
 * Reads the files of an adapter and adds it. Answers what only a job can import: an adapter on a residual base, and without a
 * `watch` one whose conversion takes long.
 */
export async function addImport(
  parts: Pick<Services, 'home' | 'store' | 'hub' | 'reader'>,
  { path, name, modelId, rank }: ImportedFiles,
  watch: LongConversionWatch | null = null,
): Promise<Added | Exclude<ReadImport, { readonly kind: 'written' }>> {
  const { store, reader } = parts;
  const { id, directory } = newAdapterFolder(parts);
  try {
    await mkdir(directory);
    const request = { path, models: store.models.list().map(baseModel), modelId, directory, rank };
    const options = { bytes: await storedBytes(path) };
    const read =
      watch === null
        ? await reader.read('importAdapter', request, options)
        : await reader.read(
            'convertAdapter',
            { ...request, ...threadsOf(store) },
            {
              ...options,
              signal: watch.signal,
              on: { converted: ({ modules, totalModules }) => watch.onModules(modules, totalModules) },
            },
          );
    if (read.kind !== 'written') return read;
    const { modelId: base, foreignBase, facts, sha256, note, conversion } = read;
    const origin = {
      ...{ kind: 'import' as const, path },
      ...(sha256 === undefined ? {} : { sha256 }),
      ...(note === undefined ? {} : { note }),
      ...(conversion === undefined ? {} : { conversion }),
    };
    const details = { name, modelId: base, foreignBase, origin, datasetId: null, accuracy: null };
    const adapter = await listRead(parts, id, details, async () => facts, { from: join(directory, importedFolder) });
    return { kind: 'added', adapter };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

function threadsOf(store: Services['store']): { readonly threads?: number } {
  const { threads } = store.settings.get();
  return threads === null ? {} : { threads };
}

function baseModel({
  id,
  name,
  path,
  description,
}: ModelRecord): Pick<ModelRecord, 'id' | 'name' | 'path' | 'description'> {
  return { id, name, path, description };
}
