import { existsSync } from 'node:fs';
import { basename, extname, resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import {
  type DatasetDescription,
  type DatasetRecord,
  type DatasetSource,
  datasetDescriptionSchema,
} from '../../../src-shared/domain/dataset.ts';
import type { ParameterValues } from '../../../src-shared/domain/parameter.ts';
import type { RunRecord } from '../../../src-shared/domain/run.ts';
import { bundledDatasets } from '../../engine/data/bundled.ts';
import type { ReadWatch } from '../../engine/data/dataset.ts';
import { openDataset } from '../../engine/data/open-dataset.ts';
import { detectReader } from '../../engine/data/readers/index.ts';
import { newId } from '../identifiers.ts';
import type { Services } from '../services.ts';
import { folderFingerprint } from './folder-fingerprint.ts';
import { reportUnreadable } from './models.ts';

type Parts = Pick<Services, 'store' | 'hub'>;

/** Counts what a dataset holds, or remembers it from last time where nothing in it changed. */
export async function describeDatasetCached(
  { store }: Pick<Services, 'store'>,
  source: DatasetSource,
  watch: ReadWatch = {},
): Promise<DatasetDescription> {
  const stamp = await datasetStamp(source);
  const kept = datasetDescriptionSchema.safeParse(store.descriptions.find('dataset', source.path, stamp));
  if (kept.success) return kept.data;
  const opened = await openDataset(source);
  try {
    const description = opened.kind === 'texts' ? await opened.describe(watch) : opened.description;
    watch.signal?.throwIfAborted();
    store.descriptions.save('dataset', source.path, stamp, description);
    return description;
  } finally {
    opened.close();
  }
}

/** Says in one string whether a dataset is as before: how it is read, and names, sizes and times of change of its files. */
export async function datasetStamp(source: DatasetSource): Promise<string> {
  const files = await Promise.all(filesOf(source).map((path) => folderFingerprint(path)));
  return [JSON.stringify(source), ...files].join('\n');
}

/** A second file that is missing is not stamped: reading it says so. */
function filesOf({ path, options }: DatasetSource): string[] {
  const testFile = String(options['test_file'] ?? '');
  return existsSync(testFile) ? [path, testFile] : [path];
}

/** Lists the datasets that come with the studio or its packages. One that cannot be read is left out and said. */
export async function registerBundledDatasets({ store, hub, resourcesDirectory }: Services): Promise<void> {
  for (const bundled of await bundledDatasets(resourcesDirectory)) {
    try {
      const description = await describeDatasetCached({ store }, bundled.source);
      const known = store.datasets.find(bundled.id);
      store.datasets.save({ ...bundled, bundled: true, description, createdAt: known?.createdAt ?? Date.now() });
    } catch (error) {
      reportUnreadable(hub, `The bundled dataset ${bundled.name}`, error);
    }
  }
}

/** The source that `path` is, and the dataset that is known of it. @throws StudioError where it is none */
export async function findSource(
  store: Services['store'],
  path: string,
): Promise<{ source: DatasetSource; known: DatasetRecord | null }> {
  const absolute = resolve(path);
  if (!existsSync(absolute))
    throw new StudioError('invalid_input', `The dataset ${absolute} does not exist.`, 'Check the path.');
  const source = await detectReader(absolute);
  return { source, known: knownByPath(store, source.path) ?? null };
}

/**
 * Makes a file or folder known as a dataset, by the first reader that recognizes it. `options`: that reader's; `watch.id`:
 * of the dataset, where it is a new one. One that cannot be read leaves nothing behind, nor one whose reading is aborted.
 */
export async function addDataset(
  { store, hub }: Parts,
  path: string,
  name?: string,
  options: ParameterValues = {},
  watch: ReadWatch & { readonly id?: string } = {},
): Promise<DatasetRecord> {
  const found = await findSource(store, path);
  const { known } = found;
  const source = { ...found.source, options };
  const isReread = known !== null && !isDeepStrictEqual(known.source, source);
  if (isReread) requireNoTraining(store, known);
  const dataset: DatasetRecord = {
    id: known?.id ?? watch.id ?? newId('dataset'),
    name: name ?? known?.name ?? basename(source.path, extname(source.path)),
    bundled: known?.bundled ?? false,
    licence: known?.licence ?? null,
    provenance: known?.provenance ?? null,
    source,
    description: await describeDatasetCached({ store }, source, watch),
    createdAt: known?.createdAt ?? Date.now(),
  };
  // Reading took its time: a run may have been started meanwhile.
  if (isReread) requireNoTraining(store, known);
  store.datasets.save(dataset);
  hub.listChanged('datasets');
  return dataset;
}

/**
 * The dataset, where it may be read anew by other options; runs and adapters keep naming it by its id.
 * @throws StudioError refused for one that comes with the studio, or that a run is trained on.
 */
export function requireChangeable(store: Services['store'], id: string): DatasetRecord {
  const dataset = requireDataset(store, id);
  if (dataset.bundled)
    throw new StudioError(
      'refused',
      `${dataset.name} comes with the studio and is read as it is.`,
      'Copy its file, and add the copy.',
    );
  requireNoTraining(store, dataset);
  return dataset;
}

const goingOn: readonly RunRecord['status'][] = ['queued', 'running', 'paused', 'interrupted'];

/** A run that goes on must find the examples that it began with. */
function requireNoTraining(store: Services['store'], { id, name }: DatasetRecord): void {
  const run = goingOn.flatMap((status) => store.runs.withStatus(status)).find(({ datasetId }) => datasetId === id);
  if (run === undefined) return;
  throw new StudioError(
    'refused',
    `${name} cannot be read otherwise now: the run "${run.name}" of it is ${run.status}.`,
    'Wait for its end, or cancel it.',
  );
}

function knownByPath(store: Services['store'], path: string): DatasetRecord | undefined {
  return store.datasets.list().find(({ source }) => source.path === path);
}

/** The dataset that `reference` names: an id, else a path, which is then made known; a known one stays read as it is. */
export async function resolveDataset(parts: Parts, reference: string): Promise<DatasetRecord> {
  const known = parts.store.datasets.find(reference);
  if (known) return known;
  if (existsSync(reference)) {
    const options = knownByPath(parts.store, resolve(reference))?.source.options;
    return addDataset(parts, reference, undefined, options);
  }
  throw unknownDataset(parts.store, reference);
}

/** What `resolveDataset` would find, but a path stays unknown to the studio: for looking at what a choice would mean. */
export async function peekDataset({ store }: Pick<Services, 'store'>, reference: string): Promise<DatasetDescription> {
  const known = store.datasets.find(reference);
  if (known) return known.description;
  if (!existsSync(reference)) throw unknownDataset(store, reference);
  const source = knownByPath(store, resolve(reference))?.source ?? (await detectReader(resolve(reference)));
  return describeDatasetCached({ store }, source);
}

function unknownDataset(store: Services['store'], reference: string): StudioError {
  return new StudioError(
    'not_found',
    `There is no dataset "${reference}" in the studio, and no file or folder of that name.`,
    `Datasets of the studio: ${
      store.datasets
        .list()
        .map((dataset) => dataset.id)
        .join(', ') || 'none'
    }.`,
  );
}

export function requireDataset(store: Services['store'], id: string): DatasetRecord {
  const dataset = store.datasets.find(id);
  if (dataset === null) throw new StudioError('not_found', `There is no dataset "${id}" in the studio.`);
  return dataset;
}

/** Forgets a dataset. Throws `refused` for a bundled one and for one that runs were trained on. */
export function removeDataset({ store, hub }: Parts, id: string): void {
  const dataset = requireDataset(store, id);
  if (dataset.bundled) throw new StudioError('refused', `${dataset.name} comes with the studio and cannot be removed.`);
  const runs = store.runs.countOf('dataset_id', id);
  if (runs > 0)
    throw new StudioError('refused', `${dataset.name} is the data of ${runs} run(s).`, 'Remove those first.');
  store.datasets.remove(id);
  hub.listChanged('datasets');
}
