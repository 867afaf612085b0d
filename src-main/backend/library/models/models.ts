import { existsSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { StudioError, toErrorValue } from '../../../../src-shared/contract/errors.ts';
import {
  isGguf,
  type ModelDescription,
  type ModelRecord,
  modelDescriptionSchema,
} from '../../../../src-shared/domain/models/model.ts';
import { parseOptionsFor } from '../../../../src-shared/parse-options.ts';
import { describeModel } from '../../../engine/api/models.ts';
import { removeFolder } from '../../../files/atomic.ts';
import { fileName, unusedPath } from '../../../files/file-name.ts';
import { folderFingerprint } from '../../../files/folder-fingerprint.ts';
import { fileLimits, readForeignText } from '../../../files/foreign-file.ts';
import { newId } from '../../../store/identifiers.ts';
import { storedBytes } from '../../reading/limits.ts';
import type { Services } from '../../services/services.ts';

type Parts = Pick<Services, 'store' | 'hub' | 'paths' | 'reader'>;

/** Describes a model folder, from the cache if nothing in it has changed. */
export function describeModelCached(
  { store, reader }: Pick<Services, 'store' | 'reader'>,
  path: string,
  signal?: AbortSignal,
): Promise<ModelDescription> {
  return describedOnce(store, path, async () => {
    const bytes = await storedBytes(path);
    return reader.read('model', { folder: path }, { bytes, ...(signal === undefined ? {} : { signal }) });
  });
}

async function describedOnce(
  store: Services['store'],
  path: string,
  describe: () => Promise<ModelDescription>,
): Promise<ModelDescription> {
  const stamp = await folderFingerprint(path, 1);
  const found = store.descriptions.find('model', path, stamp);
  const kept = modelDescriptionSchema.safeParse(found, parseOptionsFor(found));
  if (kept.success) return kept.data;
  const description = await describe();
  store.descriptions.save('model', path, stamp, description);
  return description;
}

/**
 * Registers the models below `<resources>/models` under their folder names. One that cannot be read is skipped with a
 * notification.
 */
export async function registerBundledModels({ store, hub, resourcesDirectory }: Services): Promise<void> {
  const folder = join(resourcesDirectory, 'models');
  if (!existsSync(folder)) return;
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (!entry.isDirectory()) continue;
    const path = join(folder, entry.name);
    try {
      const description = await describedOnce(store, path, () => describeModel(path));
      const known = store.models.readable(entry.name);
      const provenance = await provenanceOf(path);
      store.models.save({
        id: entry.name,
        name: known?.name ?? entry.name,
        path,
        bundled: true,
        provenance,
        description,
        createdAt: known?.createdAt ?? Date.now(),
      });
    } catch (error) {
      reportUnreadable(hub, `The bundled model ${entry.name}`, error);
    }
  }
}

export function reportUnreadable(hub: Services['hub'], what: string, error: unknown): void {
  // A full disk is not the model's problem, and nothing else could be stored either.
  if (toErrorValue(error).code === 'disk_full') throw error;
  const message = error instanceof Error ? error.message : String(error);
  hub.notify({ level: 'warning', title: `${what} could not be read`, message, error: null });
}

/** Registers a folder as a base model, or updates its registration. The folder is not changed. */
export async function addModel(
  { store, hub, reader }: Pick<Services, 'store' | 'hub' | 'reader'>,
  path: string,
  { name, id, signal }: { name?: string | undefined; id?: string; signal?: AbortSignal } = {},
): Promise<ModelRecord> {
  const folder = resolve(path);
  await requireFolder(folder, 'model');
  const known = store.models.findByPath(folder);
  const model: ModelRecord = {
    id: known?.id ?? id ?? newId('model'),
    name: name ?? known?.name ?? folderName(folder),
    path: folder,
    bundled: known?.bundled ?? false,
    provenance: await provenanceOf(folder),
    description: await describeModelCached({ store, reader }, folder, signal),
    createdAt: known?.createdAt ?? Date.now(),
  };
  if (isDeepStrictEqual(known, model)) return model;
  store.models.save(model);
  hub.listChanged('models');
  return model;
}

/** Names that many folders of models have, so that they tell nothing. */
const commonNames = /^(?:best|checkpoint|export|final|last|merged|models?|output|weights)$/i;

/** Name of a model by its folder, or by the one that holds it where its own tells nothing. */
export function folderName(folder: string): string {
  const own = basename(folder);
  const outer = basename(dirname(folder));
  return commonNames.test(own) && outer !== '' && !commonNames.test(outer) ? outer : own;
}

/** Resolves an id, or a folder, which is registered if it is new. */
export async function resolveModel(parts: Parts, reference: string): Promise<ModelRecord> {
  const known = parts.store.models.find(reference);
  if (known) return known;
  if (parts.paths.mayRead(reference) && existsSync(reference)) return addModel(parts, reference);
  throw unknownModel(parts.store, reference);
}

/** Like `resolveModel`, but without registering a folder: for previews. */
export async function peekModel(
  { store, paths, reader }: Pick<Services, 'store' | 'paths' | 'reader'>,
  reference: string,
): Promise<Pick<ModelRecord, 'id' | 'path' | 'description'>> {
  const path = resolve(reference);
  const known = store.models.find(reference) ?? store.models.findByPath(path);
  if (known) return known;
  if (!paths.mayRead(reference) || !existsSync(reference)) throw unknownModel(store, reference);
  await requireFolder(path, 'model');
  return { id: reference, path, description: await describeModelCached({ store, reader }, path) };
}

function unknownModel(store: Services['store'], reference: string): StudioError {
  return new StudioError(
    'not_found',
    `There is no model "${reference}" in the studio, and no such folder.`,
    `Models of the studio: ${
      store.models
        .list()
        .map((model) => model.id)
        .join(', ') || 'none'
    }.`,
  );
}

export function requireModel(store: Services['store'], id: string): ModelRecord {
  const model = store.models.find(id);
  if (model === null) throw new StudioError('not_found', `There is no model "${id}" in the studio.`);
  return model;
}

/**
 * Removes a model from the studio; its folder stays, unless the studio converted it from a GGUF file. Throws
 * `refused` for a bundled one and for one that runs or adapters use.
 */
export async function removeModel(
  { store, hub, home }: Pick<Services, 'store' | 'hub' | 'home'>,
  id: string,
): Promise<void> {
  const model = requireRemovableModel({ store }, id);
  const folder = dirname(model.path) === home.absolute('models') ? home.absolute(home.relative(model.path)) : null;
  store.durably(() => store.models.remove(id));
  if (folder !== null) await removeFolder(folder);
  hub.listChanged('models');
}

/** @throws StudioError refused if the model is bundled, or the base of a run or an adapter */
export function requireRemovableModel({ store }: Pick<Services, 'store'>, id: string): ModelRecord {
  const model = requireModel(store, id);
  if (model.bundled) throw new StudioError('refused', `${model.name} is bundled and cannot be removed.`);
  const runs = store.runs.countOf('model_id', id);
  const adapters = store.adapters.countOfModel(id);
  if (runs + adapters > 0)
    throw new StudioError(
      'refused',
      `${model.name} is the base of ${runs} run(s) and ${adapters} adapter(s).`,
      'Remove those first.',
    );
  return model;
}

/** A new folder below the home, with an unused name, for a model to be written. */
export function newModelFolder({ home }: Pick<Services, 'home'>, name: string): string {
  return unusedPath(home.absolute('models', fileName(name)));
}

export async function requireFolder(path: string, what: string): Promise<void> {
  const found = await stat(path).catch(() => null);
  if (found === null)
    throw new StudioError('invalid_input', `The ${what} folder ${path} does not exist.`, 'Check the path.').at('path');
  if (!found.isDirectory())
    throw new StudioError(
      'invalid_input',
      `${path} is a file, not a ${what} folder.`,
      what === 'model' && isGguf(path)
        ? 'Convert it first: coto models add, or drop it on the Models page.'
        : 'Give the folder that contains it.',
    ).at('path');
}

async function provenanceOf(folder: string): Promise<string | null> {
  const file = join(folder, 'PROVENANCE.md');
  return readForeignText(file, fileLimits.prose);
}
