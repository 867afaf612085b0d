import { basename } from 'node:path';
import { z } from 'zod';
import { errorCodeSchema, StudioError } from '../../../src-shared/contract/errors.ts';
import type { RequestArgument } from '../../../src-shared/contract/requests.ts';
import type { DatasetRecord, ExamplePreview, TextExample } from '../../../src-shared/domain/dataset.ts';
import { openDataset, openPictures } from '../../engine/data/open-dataset.ts';
import { newId } from '../identifiers.ts';
import { findSource, removeDataset, requireDataset } from '../library/datasets.ts';
import type { HandlerServices } from '../services.ts';
import { type Handlers, type NamesOf, ok } from './handler.ts';

const madeSchema = z.object({ datasetId: z.string() });

export function datasetHandlers(services: HandlerServices): Handlers<NamesOf<'datasets'>> {
  const { store } = services;
  return {
    'datasets.list': () => store.datasets.list(),
    'datasets.get': ({ id }) => requireDataset(store, id),
    'datasets.add': (input) => add(services, input),
    'datasets.remove': ({ id }) => {
      removeDataset(services, id);
      return ok;
    },
    'datasets.preview': (input) => preview(services, input),
    'datasets.texts': (input) => previewTexts(services, input),
  };
}

/**
 * Reads the data set as a job, which says how far it is and can be cancelled, and waits for it. A job of which nothing came
 * is not kept.
 */
async function add(
  { store, queue }: HandlerServices,
  { path, name, options }: RequestArgument<'datasets.add'>,
): Promise<DatasetRecord> {
  const { source, known } = await findSource(store, path);
  const datasetId = known?.id ?? newId('dataset');
  const job = await queue.ended(
    queue.add(
      'import',
      { title: `Read ${basename(source.path)}`, subjectId: datasetId },
      { datasetId, path: source.path, name: name ?? null, options: options ?? {} },
    ),
  );
  const result = madeSchema.safeParse(store.jobs.result(job.id));
  if (job.status === 'completed' && result.success) return requireDataset(store, result.data.datasetId);
  store.jobs.remove(job.id);
  throw job.error === null
    ? new StudioError('cancelled', `${job.title}: ${job.status}.`)
    : new StudioError(errorCodeSchema.catch('internal').parse(job.error.code), job.error.message, job.error.hint);
}

/** Examples of one split from `offset` on, of one label where that is wished. */
async function preview(
  { store }: HandlerServices,
  { id, split, offset, limit, label }: RequestArgument<'datasets.preview'>,
): Promise<ExamplePreview[]> {
  const { source, description } = requireDataset(store, id);
  if (label !== null && (label < 0 || label >= description.labels.length))
    throw new StudioError(
      'invalid_input',
      `The data set has the labels 0 to ${description.labels.length - 1}, not ${label}.`,
    );
  const opened = await openPictures(source);
  try {
    const examples = opened.split(split);
    const indices: number[] = [];
    let skipped = 0;
    for (let index = 0; index < examples.count && indices.length < limit; index++) {
      if (label !== null && examples.labels[index] !== label) continue;
      if (skipped < offset) skipped++;
      else indices.push(index);
    }
    const { image } = opened.description;
    const previews: ExamplePreview[] = [];
    for (const index of indices) {
      const picture = examples.picture
        ? await examples.picture(index)
        : { ...(image ?? { width: 0, height: 0, channels: 0 }), pixels: await examples.pixels(index) };
      previews.push({
        index,
        label: examples.labels[index] ?? -1,
        width: picture.width,
        height: picture.height,
        channels: picture.channels,
        pixels: Uint8Array.from(picture.pixels),
      });
    }
    return previews;
  } finally {
    opened.close();
  }
}

const shownCharacters = 2000;

/** Examples of texts of one split from `offset` on. @throws StudioError refused for pictures. */
async function previewTexts(
  { store }: HandlerServices,
  { id, split, offset, limit }: RequestArgument<'datasets.texts'>,
): Promise<TextExample[]> {
  const { name, source } = requireDataset(store, id);
  const opened = await openDataset(source);
  try {
    if (opened.kind !== 'texts') throw new StudioError('refused', `The data set ${name} holds pictures, not texts.`);
    const shown: TextExample[] = [];
    let skipped = 0;
    for await (const example of opened.examples(split)) {
      if (skipped++ < offset) continue;
      shown.push(cutTexts(example));
      if (shown.length >= limit) break;
    }
    return shown;
  } finally {
    opened.close();
  }
}

function cutTexts(example: TextExample): TextExample {
  const cut = (text: string): string => (text.length > shownCharacters ? `${text.slice(0, shownCharacters)}…` : text);
  const cutOrNull = (text: string | null): string | null => (text === null ? null : cut(text));
  return {
    ...example,
    text: cutOrNull(example.text),
    textPair: cutOrNull(example.textPair),
    prompt: cutOrNull(example.prompt),
    completion: cutOrNull(example.completion),
    messages: example.messages?.slice(0, 20).map(({ role, content }) => ({ role, content: cut(content) })) ?? null,
  };
}
