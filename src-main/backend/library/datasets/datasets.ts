import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import {
  type Accounting,
  unansweredQuestions,
  unusedColumnsOption,
} from '../../../../src-shared/domain/data/accounting.ts';
import {
  type DatasetDescription,
  type DatasetRecord,
  type DatasetSource,
  datasetDescriptionSchema,
} from '../../../../src-shared/domain/data/dataset.ts';
import type { ParameterValues } from '../../../../src-shared/domain/parameters/parameter.ts';
import type { RunRecord } from '../../../../src-shared/domain/runs/run.ts';
import { parseOptionsFor } from '../../../../src-shared/parse-options.ts';
import { bundledDatasets, type ReadWatch, testFileOf } from '../../../engine/api/data.ts';
import { folderFingerprint } from '../../../files/folder-fingerprint.ts';
import { newId } from '../../../store/identifiers.ts';
import type { Services } from '../../services/services.ts';
import { reportUnreadable } from '../models/models.ts';
import { datasetName } from './dataset-name.ts';
import { describeDataset } from './describe-dataset.ts';

type Parts = Pick<Services, 'store' | 'hub' | 'paths' | 'reader'>;

interface CachedReading {
  /** Returns true if a cached description suffices; default: always. */
  readonly isEnough?: (kept: DatasetDescription) => boolean;
  /** Ends the waiting for a reading that somebody else began. */
  readonly signal?: AbortSignal;
}

/** Datasets that are being read, by their stamps. */
const beingRead = new WeakMap<Services['store'], Map<string, Promise<unknown>>>();

/**
 * The description from the cache if nothing in the dataset has changed, else as `describe` reads it. Who asks while it is being
 * read waits for that one reading, unless `signal` is aborted.
 */
export async function describeDatasetCached(
  store: Services['store'],
  source: DatasetSource,
  describe: () => Promise<DatasetDescription>,
  { isEnough = () => true, signal }: CachedReading = {},
): Promise<DatasetDescription> {
  const stamp = await datasetStamp(source);
  const readings = beingRead.get(store) ?? new Map<string, Promise<unknown>>();
  beingRead.set(store, readings);
  for (;;) {
    const kept = descriptionOf(store, source, stamp);
    if (kept !== null && isEnough(kept)) return kept;
    const other = readings.get(stamp);
    if (other === undefined) break;
    await unlessAborted(other, signal);
  }
  const reading = describe();
  readings.set(
    stamp,
    reading.catch(() => undefined),
  );
  try {
    const description = await reading;
    store.descriptions.save('dataset', keptUnder(source), stamp, description);
    return description;
  } finally {
    readings.delete(stamp);
  }
}

/** The description from the cache; null if the dataset has changed since it was read. */
export async function keptDescription(
  store: Services['store'],
  source: DatasetSource,
): Promise<DatasetDescription | null> {
  return descriptionOf(store, source, await datasetStamp(source));
}

function descriptionOf(store: Services['store'], source: DatasetSource, stamp: string): DatasetDescription | null {
  const found = store.descriptions.find('dataset', keptUnder(source), stamp);
  const kept = datasetDescriptionSchema.safeParse(found, parseOptionsFor(found));
  return kept.success ? kept.data : null;
}

/** Resolves with `other`, or rejects with the signal's reason. */
async function unlessAborted(other: Promise<unknown>, signal: AbortSignal | undefined): Promise<void> {
  signal?.throwIfAborted();
  const { promise, reject } = Promise.withResolvers<never>();
  const leave = (): void => reject(signal?.reason);
  signal?.addEventListener('abort', leave, { once: true });
  try {
    await Promise.race([other, promise]);
  } finally {
    signal?.removeEventListener('abort', leave);
  }
}

/**
 * Fingerprint of a dataset that changes with its reader options and the names, sizes and modification times of its
 * files.
 */
export async function datasetStamp(source: DatasetSource): Promise<string> {
  const files = await Promise.all(filesOf(source).map((path) => folderFingerprint(path)));
  return [JSON.stringify(source), ...files].join('\n');
}

/** One folder can be several datasets, by their options: of one key, each would put the others' descriptions out. */
function keptUnder({ path, options }: DatasetSource): string {
  return Object.keys(options).length === 0 ? path : `${path} ${JSON.stringify(options)}`;
}

/** A missing second file is not included: reading it reports the error. */
function filesOf({ path, options }: DatasetSource): string[] {
  const testFile = testFileOf(options);
  return testFile !== null && existsSync(testFile) ? [path, testFile] : [path];
}

/** Registers the bundled datasets. One that cannot be read is skipped with a notification. */
export async function registerBundledDatasets({ store, hub, resourcesDirectory }: Services): Promise<void> {
  for (const bundled of await bundledDatasets(resourcesDirectory)) {
    try {
      const { source } = bundled;
      const description =
        bundled.description ?? (await describeDatasetCached(store, source, () => describeDataset(source)));
      const known = store.datasets.readable(bundled.id);
      store.datasets.save({ ...bundled, bundled: true, description, createdAt: known?.createdAt ?? Date.now() });
    } catch (error) {
      reportUnreadable(hub, `The bundled dataset ${bundled.name}`, error);
    }
  }
}

/** Source of `path` and its registered dataset, if any. @throws StudioError if the path is no dataset */
export async function findSource(
  { store, reader }: Pick<Services, 'store' | 'reader'>,
  path: string,
  options: ParameterValues = {},
): Promise<{ source: DatasetSource; known: DatasetRecord | null }> {
  const absolute = resolve(path);
  if (!existsSync(absolute))
    throw new StudioError('invalid_input', `The dataset ${absolute} does not exist.`, 'Check the path.').at('path');
  const source = await reader.read('detect', { path: absolute, options });
  return { source, known: knownByPath(store, source.path) ?? null };
}

/**
 * Registers a file or folder as a dataset, with the first reader that recognizes it. `options` are that reader's;
 * `watch.id` is the id for a new dataset. Content without a role is refused, unless the options are known to be
 * complete (`isAnswered`). Unreadable files and aborted reads leave nothing behind.
 */
export async function addDataset(
  parts: Pick<Services, 'store' | 'hub' | 'reader'>,
  path: string,
  name?: string,
  options: ParameterValues = {},
  { isAnswered = false, ...watch }: ReadWatch & { readonly id?: string; readonly isAnswered?: boolean } = {},
): Promise<DatasetRecord> {
  const { store, hub, reader } = parts;
  const found = await findSource(parts, path, options);
  const { known } = found;
  const source = { ...found.source, options };
  const isReread = known !== null && !isDeepStrictEqual(known.source, source);
  if (isReread) requireNoTraining(store, known);
  // The first rows tell most of what the whole file, which may take minutes to read, would.
  const isAsked = !isAnswered && (known === null || isReread);
  if (isAsked) requireAnswers((await reader.read('inspect', { path: found.source.path, options })).text);
  const description = await describeDatasetCached(
    store,
    source,
    () => reader.read('describe', { source, compares: true }, watch),
    {
      isEnough: ({ text, duplicates }) => (text === null ? duplicates : text.accounting) !== undefined,
      ...(watch.signal === undefined ? {} : { signal: watch.signal }),
    },
  );
  if (isAsked) requireAnswers(description.text);
  // Reading takes time: a run may have been started meanwhile, or the same path have been added.
  if (isReread) requireNoTraining(store, known);
  const before = knownByPath(store, source.path);
  const dataset: DatasetRecord = {
    id: before?.id ?? watch.id ?? newId('dataset'),
    name: name ?? before?.name ?? datasetName(source.path),
    bundled: before?.bundled ?? false,
    licence: before?.licence ?? null,
    provenance: before?.provenance ?? null,
    source,
    description,
    createdAt: before?.createdAt ?? Date.now(),
  };
  if (isDeepStrictEqual(before, dataset)) return dataset;
  store.datasets.save(dataset);
  hub.listChanged('datasets');
  return dataset;
}

/** @throws StudioError refused if a column looks like content and has neither a role nor been declared unused */
function requireAnswers(read: { readonly accounting?: Accounting | undefined } | null): void {
  const open = read?.accounting === undefined ? null : unansweredQuestions(read.accounting);
  if (open !== null) throw new StudioError('refused', open.message, open.hint).at(unusedColumnsOption);
}

/** Reads the images of a dataset from end to end and compares them. Its examples and its id stay. */
export async function compareDataset(
  { store, hub, reader }: Pick<Services, 'store' | 'hub' | 'reader'>,
  id: string,
  watch: ReadWatch,
): Promise<DatasetRecord> {
  const { source } = requireDataset(store, id);
  const stamp = await datasetStamp(source);
  const description = await reader.read('describe', { source, compares: true }, watch);
  store.descriptions.save('dataset', keptUnder(source), stamp, description);
  // Reading takes time: what was changed meanwhile stays.
  const dataset = { ...requireDataset(store, id), description };
  store.datasets.save(dataset);
  hub.listChanged('datasets');
  return dataset;
}

/**
 * The dataset, if it may be read again with other options; its id stays.
 * @throws StudioError refused if it is bundled, or if a run is training on it.
 */
export function requireChangeable(store: Services['store'], id: string): DatasetRecord {
  const dataset = requireDataset(store, id);
  if (dataset.bundled)
    throw new StudioError(
      'refused',
      `${dataset.name} is a bundled dataset, whose options cannot be changed.`,
      'Copy its file and add the copy.',
    );
  requireNoTraining(store, dataset);
  return dataset;
}

const goingOn: readonly RunRecord['status'][] = ['queued', 'running', 'paused', 'interrupted'];

/** A resumed run must find the examples that it started with. */
function requireNoTraining(store: Services['store'], { id, name }: DatasetRecord): void {
  const run = goingOn.flatMap((status) => store.runs.withStatus(status)).find(({ datasetId }) => datasetId === id);
  if (run === undefined) return;
  throw new StudioError(
    'refused',
    `${name} cannot be read with other options: the run "${run.name}" on it is ${run.status}.`,
    'Wait for its end, or cancel it.',
  );
}

function knownByPath(store: Services['store'], path: string): DatasetRecord | undefined {
  return store.datasets.list().find(({ source }) => source.path === path);
}

/** Resolves an id, or a path, which is registered if it is new; the options of a registered one are kept. */
export async function resolveDataset(parts: Parts, reference: string): Promise<DatasetRecord> {
  const known = parts.store.datasets.find(reference);
  if (known) return known;
  if (parts.paths.mayRead(reference) && existsSync(reference)) {
    const options = knownByPath(parts.store, resolve(reference))?.source.options;
    return addDataset(parts, reference, undefined, options);
  }
  throw unknownDataset(parts.store, reference);
}

/** Like `resolveDataset`, but without registering a path: for previews. */
export async function peekDataset(
  { store, paths, reader }: Pick<Services, 'store' | 'paths' | 'reader'>,
  reference: string,
): Promise<DatasetDescription> {
  const known = store.datasets.find(reference);
  if (known) return known.description;
  if (!paths.mayRead(reference) || !existsSync(reference)) throw unknownDataset(store, reference);
  const path = resolve(reference);
  const source = knownByPath(store, path)?.source ?? (await reader.read('detect', { path }));
  return describeDatasetCached(store, source, () => reader.read('describe', { source }));
}

function unknownDataset(store: Services['store'], reference: string): StudioError {
  return new StudioError(
    'not_found',
    `There is no dataset "${reference}" in the studio, and no such file or folder.`,
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

/** Removes a dataset from the studio. Throws `refused` for a bundled one and for one that runs were trained on. */
export function removeDataset({ store, hub }: Pick<Services, 'store' | 'hub'>, id: string): void {
  requireRemovable({ store }, id);
  store.durably(() => store.datasets.remove(id));
  hub.listChanged('datasets');
}

/** @throws StudioError refused if the dataset is bundled or a run's */
export function requireRemovable({ store }: Pick<Services, 'store'>, id: string): void {
  const dataset = requireDataset(store, id);
  if (dataset.bundled) throw new StudioError('refused', `${dataset.name} is bundled and cannot be removed.`);
  const runs = store.runs.countOf('dataset_id', id);
  if (runs > 0) throw new StudioError('refused', `${dataset.name} is used by ${runs} run(s).`, 'Remove those first.');
}
