import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { RequestArgument } from '../../../src-shared/contract/requests.ts';
import type { ExamplePreview, TextExample } from '../../../src-shared/domain/dataset.ts';
import { openDataset, openPictures } from '../../engine/data/open-dataset.ts';
import { addDataset, removeDataset, requireDataset } from '../library/datasets.ts';
import type { HandlerServices } from '../services.ts';
import { type Handlers, type NamesOf, ok } from './handler.ts';

export function datasetHandlers(services: HandlerServices): Handlers<NamesOf<'datasets'>> {
  const { store } = services;
  return {
    'datasets.list': () => store.datasets.list(),
    'datasets.get': ({ id }) => requireDataset(store, id),
    'datasets.add': ({ path, name, options }) => addDataset(services, path, name, options),
    'datasets.remove': ({ id }) => {
      removeDataset(services, id);
      return ok;
    },
    'datasets.preview': (input) => preview(services, input),
    'datasets.texts': (input) => previewTexts(services, input),
  };
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
