import { basename } from 'node:path';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { RequestArgument, RequestOutput } from '../../../../src-shared/contract/requests.ts';
import type {
  DatasetRecord,
  DescribedTokens,
  ExamplePreview,
  TextDescription,
} from '../../../../src-shared/domain/data/dataset.ts';
import type { ModelRecord } from '../../../../src-shared/domain/models/model.ts';
import type { ParameterValues } from '../../../../src-shared/domain/parameters/parameter.ts';
import { testFileOf } from '../../../engine/api/data.ts';
import { newId } from '../../../store/identifiers.ts';
import { completed } from '../../jobs/awaited-job.ts';
import type { HandlerServices } from '../../jobs/handler-services.ts';
import { type Handlers, type NamesOf, ok } from '../../services/handler.ts';
import { listCachedDatasets } from '../huggingface/list-datasets.ts';
import { requireModel } from '../models/models.ts';
import { findSource, removeDataset, requireChangeable, requireDataset, requireRemovable } from './datasets.ts';
import { importJob } from './import-job.ts';

export function datasetHandlers(services: HandlerServices): Handlers<NamesOf<'datasets'>> {
  const { store, deletions } = services;
  return {
    'datasets.list': () => deletions.visible('datasets', store.datasets.list()),
    'datasets.cached': () => listCachedDatasets(process.env),
    'datasets.get': ({ id }) => requireDataset(store, id),
    'datasets.add': (input) => add(services, input),
    'datasets.remove': async ({ id, undoMilliseconds }) => {
      // Runs that are in no list any more must not be what keeps the dataset.
      await deletions.finish(['runs']);
      requireRemovable(services, id);
      await deletions.remove('datasets', id, undoMilliseconds, () => removeDataset(services, id));
      return ok;
    },
    'datasets.preview': (input) => preview(services, input),
    'datasets.inspect': (input) => {
      requireReadable(services, input);
      return services.reader.read('inspect', input);
    },
    'datasets.inspectRows': (input) => {
      requireReadable(services, input);
      return services.reader.read('inspectRows', input);
    },
    'datasets.inspectTokens': ({ model, ...input }) => {
      requireReadable(services, input);
      return services.reader.read('inspectTokens', { ...input, model: readableModel(services, model) });
    },
    'datasets.update': ({ id, options }) => add(services, { path: requireChangeable(store, id).source.path, options }),
    'datasets.compareImages': ({ id }) => compareImagesOf(services, id),
    'datasets.texts': ({ id, ...part }) =>
      services.reader.read('texts', { ...part, dataset: readableDataset(services, id) }),
    'datasets.tokens': (input) => tokensOf(services, input),
    'datasets.lengths': (input) => lengthsOf(services, input),
  };
}

/** A dataset's path, and the second file among its reader's options, must be such that the client may read them. */
function requireReadable(
  { paths }: HandlerServices,
  { path, options }: { path: string; options: ParameterValues },
): void {
  paths.readable(path);
  const testFile = testFileOf(options);
  if (testFile !== null) paths.readable(testFile);
}

/**
 * Reads the dataset in a job, which has progress and can be cancelled, and waits for it. A job without a result is
 * removed.
 */
async function add(
  services: HandlerServices,
  { path, name, options }: RequestArgument<'datasets.add'>,
): Promise<DatasetRecord> {
  requireReadable(services, { path, options: options ?? {} });
  const { source, known } = await findSource(services, path, options);
  const datasetId = known?.id ?? newId('dataset');
  return read(services, datasetId, `Read ${basename(source.path)}`, {
    path: source.path,
    name: name ?? null,
    options: options ?? {},
    compares: false,
  });
}

/** @throws StudioError refused for texts, which are compared when they are read */
function compareImagesOf(services: HandlerServices, id: string): Promise<DatasetRecord> {
  const { name, source, description } = requireDataset(services.store, id);
  if (description.text !== null) throw new StudioError('refused', `The dataset ${name} contains texts, not images.`);
  const { path, options } = source;
  return read(services, id, `Compare the images of ${name}`, { path, name: null, options, compares: true });
}

/** Waits for the job that reads a dataset. */
async function read(
  { store, queue }: HandlerServices,
  datasetId: string,
  title: string,
  payload: {
    readonly path: string;
    readonly name: string | null;
    readonly options: ParameterValues;
    readonly compares: boolean;
  },
): Promise<DatasetRecord> {
  const job = queue.add(importJob, { title, subjectId: datasetId }, { datasetId, ...payload });
  await completed({ store, queue }, job);
  return requireDataset(store, datasetId);
}

/** Examples of one split from `offset` on, optionally of one label. */
async function preview(
  { store, reader }: HandlerServices,
  { id, ...part }: RequestArgument<'datasets.preview'>,
): Promise<ExamplePreview[]> {
  const { source, description } = requireDataset(store, id);
  const { label } = part;
  if (label !== null && (label < 0 || label >= description.labels.length))
    throw new StudioError(
      'invalid_input',
      `The dataset has the labels 0 to ${description.labels.length - 1}, not ${label}.`,
    );
  return reader.read('preview', { source, ...part });
}

/** @throws StudioError not_found if the split has no such example. */
async function tokensOf(
  services: HandlerServices,
  { id, model: reference, ...example }: RequestArgument<'datasets.tokens'>,
): Promise<DescribedTokens> {
  const model = readableModel(services, reference);
  const dataset = readableDataset(services, id);
  const { columns } = requireTexts(services, id);
  return services.reader.read('tokens', { model, dataset, columns, ...example });
}

async function lengthsOf(
  services: HandlerServices,
  { id, model: reference, ...settings }: RequestArgument<'datasets.lengths'>,
): Promise<RequestOutput<'datasets.lengths'>> {
  const model = readableModel(services, reference);
  const dataset = readableDataset(services, id);
  const { columns } = requireTexts(services, id);
  return services.reader.read('lengths', { model, dataset, columns, ...settings });
}

function readableModel({ store }: HandlerServices, id: string): Pick<ModelRecord, 'name' | 'path' | 'description'> {
  const { name, path, description } = requireModel(store, id);
  return { name, path, description };
}

function readableDataset({ store }: HandlerServices, id: string): Pick<DatasetRecord, 'name' | 'source'> {
  const { name, source } = requireDataset(store, id);
  return { name, source };
}

/** @throws StudioError refused for images. */
function requireTexts({ store }: HandlerServices, id: string): TextDescription {
  const { name, description } = requireDataset(store, id);
  if (description.text === null) throw new StudioError('refused', `The dataset ${name} contains images, not text.`);
  return description.text;
}
