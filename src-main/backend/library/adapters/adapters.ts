import { appendFile, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { AdapterContents, AdapterOrigin, AdapterRecord } from '../../../../src-shared/domain/adapters/adapter.ts';
import type { AdapterReference } from '../../../../src-shared/domain/adapters/adapter-reference.ts';
import type { Forgetting } from '../../../../src-shared/domain/evaluation/forgetting.ts';
import { findLinear, readAdapter, readAdapterOutline } from '../../../engine/api/adapters.ts';
import { checkRuntimes } from '../../../engine/api/formats.ts';
import { copyTokenizer, writeChatTemplate } from '../../../engine/api/models.ts';
import { removeFolder, temporaryName, writeFolderAtomic } from '../../../files/atomic.ts';
import { fileName } from '../../../files/file-name.ts';
import { newId } from '../../../store/identifiers.ts';
import { withOutputNote } from '../../home/output-notes.ts';
import type { AdapterFacts } from '../../reading/adapter-schemas.ts';
import type { Services } from '../../services/services.ts';
import { type AdapterBase, type BaseFields, baseFields, baseOf } from './adapter-base.ts';
import { readFacts } from './adapter-facts.ts';
import { copyAdapterFiles } from './adapter-files.ts';
import { chatTemplateOf } from './chat-template-of.ts';
import { addForgetting } from './model-card.ts';

type Parts = Pick<Services, 'home' | 'store' | 'hub'>;

export interface AdapterDetails {
  readonly name: string;
  readonly base: AdapterBase;
  readonly origin: AdapterOrigin;
  readonly datasetId: string | null;
  readonly accuracy: number | null;
  /** Further metrics of that evaluation, by id. */
  readonly metrics?: Readonly<Record<string, number>>;
  /** For the model card of an adapter that is copied. */
  readonly forgetting?: Forgetting | null;
  /** A sentence on its training for the model card. */
  readonly note?: string | null;
  /** The chat template that it was trained with; null: its base's, or none. */
  readonly template?: string | null;
  /** True if the tokenizer and the chat template beside the adapter are copied too: they may differ from the base's. */
  readonly withTokenizer?: boolean;
}

/**
 * A folder for an adapter that the engine will write. It has the name of something unfinished until `listAdapter` moves it, so
 * that what a killed job has written is swept.
 */
export function newAdapterFolder({ home }: Pick<Services, 'home'>): { id: string; directory: string } {
  const id = newId('adapter');
  return { id, directory: temporaryName(home.absolute('adapters', id)) };
}

/** Copies a PEFT folder into the home and adds it. Throws if it does not fit the model, and leaves nothing behind. */
export async function copyAdapterIn(parts: Parts, from: string, details: AdapterDetails): Promise<AdapterRecord> {
  // Checked before the copy, so that errors name the user's own folder.
  await readAdapter(from, details.base.description);
  const { id, directory } = newAdapterFolder(parts);
  await writeFolderAtomic(directory, async (temporary) => {
    await copyAdapterFiles(from, temporary);
    if (details.withTokenizer) await copyTokenizer(from, temporary);
    if (details.template) await writeChatTemplate(temporary, details.template);
    await addForgetting(temporary, details.forgetting ?? null);
    if (details.note) await appendFile(join(temporary, 'README.md'), `\n## Training\n\n${details.note}\n`);
  });
  return listAdapter(parts, id, details, { from: directory });
}

interface Listing {
  /** Folder where it was written; default: where it stays. */
  readonly from?: string;
  /** True to keep a folder that does not fit. */
  readonly keepFolder?: boolean;
  readonly createdAt?: number;
}

/**
 * Adds an adapter that the engine or a copy has written below the home, from its header.
 * Throws and removes the folder, but for `keepFolder`, if it does not fit the model.
 */
export async function listAdapter(
  parts: Parts,
  id: string,
  { base, ...details }: AdapterDetails,
  listing: Listing = {},
): Promise<AdapterRecord> {
  const read = (folder: string) => readFacts(folder, base.description);
  return listRead(parts, id, { ...details, ...baseFields(base) }, read, listing);
}

/** Counterpart of `listAdapter` with the facts already read from its files. */
export async function listRead(
  { home, store, hub }: Parts,
  id: string,
  details: Omit<AdapterDetails, 'base'> & BaseFields,
  read: (folder: string) => Promise<AdapterFacts>,
  { from, keepFolder = false, createdAt = Date.now() }: Listing = {},
): Promise<AdapterRecord> {
  const directory = home.absolute('adapters', id);
  const written = from ?? directory;
  try {
    const record: AdapterRecord = {
      id,
      name: details.name,
      folder: home.relative(directory),
      modelId: details.modelId,
      foreignBase: details.foreignBase,
      ...(await read(written)),
      origin: details.origin,
      datasetId: details.datasetId,
      accuracy: details.accuracy,
      metrics: { ...details.metrics },
      createdAt,
      archived: false,
      tags: [],
      starred: false,
    };
    if (written !== directory) await rename(written, directory);
    store.durably(() => store.adapters.insert(record));
    hub.listChanged('adapters');
    return record;
  } catch (error) {
    if (!keepFolder) for (const path of [written, directory]) await rm(path, { recursive: true, force: true });
    throw error;
  }
}

/** Summarizes an adapter's tensors. Throws as `readAdapterOutline` if the folder was changed. */
export async function adapterContents(
  { home, store, reader }: Pick<Services, 'home' | 'store' | 'reader'>,
  id: string,
): Promise<AdapterContents> {
  const adapter = requireAdapter(store, id);
  const { model, description } = await baseOf({ home, store }, [adapter]);
  const folder = home.absolute(adapter.folder);
  const outline = await readAdapterOutline(folder, description);
  const { modules, saved, biases } = outline;
  // The base's folder may be gone: what needs its config says so.
  const config = model === null ? null : await reader.read('modelConfig', { folder: model.path }).catch(() => null);
  const isEmbedding = (name: string) => findLinear(description, name)?.kind === 'embedding';
  const names = [...modules.keys()];
  const parts: Record<string, number> = {};
  for (const { tensors } of modules.values()) for (const part of tensors.keys()) parts[part] = (parts[part] ?? 0) + 1;
  return {
    folder,
    linears: names.filter((name) => !isEmbedding(name)).length,
    embeddings: names.filter(isEmbedding),
    parts,
    replacedBiases: biases.size,
    whole: [...saved.keys()],
    runtimes: checkRuntimes({ outline, description, config }),
  };
}

/**
 * Writes an adapter's PEFT folder to `directory`, or to a subfolder named after the adapter if `directory` is not
 * empty. Nothing is overwritten.
 */
export async function exportAdapter({ home, store }: Parts, id: string, directory: string): Promise<string> {
  const adapter = requireAdapter(store, id);
  const wished = resolve(directory);
  const target = (await isMissingOrEmpty(wished)) ? wished : join(wished, fileName(adapter.name));
  if (!(await isMissingOrEmpty(target)))
    throw new StudioError('refused', `${target} already exists.`, 'Choose another folder: nothing is overwritten.');
  await mkdir(resolve(target, '..'), { recursive: true });
  const own = home.absolute(adapter.folder);
  const template = await chatTemplateOf({ home, store }, adapter);
  await withOutputNote({ home }, target, () =>
    writeFolderAtomic(target, async (temporary) => {
      await copyAdapterFiles(own, temporary);
      await copyTokenizer(own, temporary);
      if (template !== null) await writeChatTemplate(temporary, template.text);
    }),
  );
  return target;
}

export async function removeAdapter({ home, store, hub }: Parts, id: string): Promise<void> {
  const folder = home.absolute(requireAdapter(store, id).folder);
  store.durably(() => store.adapters.remove(id));
  await removeFolder(folder);
  hub.listChanged('adapters');
}

export function requireAdapter(store: Services['store'], id: string): AdapterRecord {
  const adapter = store.adapters.find(id);
  if (adapter === null) throw new StudioError('not_found', `There is no adapter "${id}" in the studio.`);
  return adapter;
}

/** Resolves a reference to an adapter: by id, or by the run that has produced it. */
export function resolveReference(store: Services['store'], reference: AdapterReference): AdapterRecord {
  if ('adapterId' in reference) return requireAdapter(store, reference.adapterId);
  const run = store.runs.find(reference.runId);
  if (run === null) throw new StudioError('not_found', `There is no run "${reference.runId}" in the studio.`);
  if (run.adapterId === null)
    throw new StudioError(
      'refused',
      `The run "${run.name}" has no adapter yet (${run.status}).`,
      'Wait for it, or stop and save it.',
    );
  return requireAdapter(store, run.adapterId);
}

async function isMissingOrEmpty(path: string): Promise<boolean> {
  try {
    return (await readdir(path)).length === 0;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return true;
    throw new StudioError('invalid_input', `${path} is not a folder.`, 'Choose a folder to export into.');
  }
}
