import { StudioError } from '../../../../src-shared/contract/errors.ts';
import { metricsFor } from '../../../../src-shared/metrics/index.ts';
import { tokenClassification } from '../../../../src-shared/tasks/token-classification.ts';
import type { LabelLoss } from '../../losses/batch-loss.ts';
import { ignoredLabel } from '../../ops/loss/softmax-cross-entropy.ts';
import { tags } from '../../outcomes/tags.ts';
import type { LoadBatch } from '../shared/head-outputs.ts';
import { encoderInputs } from '../shared/pad-rows.ts';
import { readTexts } from '../shared/read-split.ts';
import { recentBatches } from '../shared/recent-batches.ts';
import { rowTensors } from '../shared/row-tensors.ts';
import { byLength, testOrder } from '../shared/test-order.ts';
import { textReading } from '../shared/text-reading.ts';
import type { OpenTask, TaskMaterial, TaskType } from '../task-type.ts';
import { tagOutputs } from './tag-outputs.ts';
import { TaggedRows } from './tagged-rows.ts';

export const tokenClassificationTask: TaskType = {
  declaration: tokenClassification,
  misfit(model, { text, labels }) {
    const isEncoder = model.kind === 'embedding' && model.linears.some(({ isHead }) => isHead);
    if (!isEncoder && model.kind !== 'token-classification')
      return {
        field: 'model',
        message:
          model.kind === 'text-classification'
            ? `${model.architecture} has a classifier of whole texts already.`
            : `A ${model.kind} model cannot tag words.`,
        hint: 'Choose an encoder without a classifier, e.g. a BERT, or one for token classification.',
      };
    if (!text?.columns.words || text.labelKind !== 'tags')
      return {
        field: 'dataset',
        message: 'The dataset has no words with a tag each.',
        hint: 'Choose the columns of words and tags: words=NAME tags=NAME (Edit import… in the window).',
      };
    if (labels.length < 2)
      return {
        field: 'dataset',
        message: `The dataset has ${labels.length} tag, but token classification needs two or more.`,
        hint: 'Choose another column of tags.',
      };
    return null;
  },
  metrics: () => metricsFor('tags'),
  preview:
    (tokenizer) =>
    ({ words = [], tags }) => {
      const { ids, starts } = tokenizer.encodeWords(words);
      const marked = new Set(starts.map(({ token }) => token));
      const marks = ids.map((_, token) => Number(tags !== undefined && marked.has(token)));
      return { ids, marks, written: 'plain', counts: tags === undefined ? 'nothing' : 'tags' };
    },
  open: openTokenClassification,
};

async function openTokenClassification(material: TaskMaterial): Promise<OpenTask> {
  const { dataset, tokenizer, maxLength, wanted } = await textReading(material);
  const rows = { train: new TaggedRows(), test: new TaggedRows() };
  const cut = { examples: 0, words: 0 };
  let wordless = 0;
  const read = await readTexts(
    dataset,
    wanted,
    ({ words, tags, split }) => {
      if (words === undefined || tags === undefined) return false;
      const encoded = tokenizer.encodeWords(words, { maxLength });
      const missing = words.length - encoded.starts.length;
      if (encoded.isCut) {
        cut.examples++;
        cut.words += missing;
      } else wordless += missing;
      return rows[split].add(encoded, tags);
    },
    material.onRead,
  );
  if (read.kind !== 'tags')
    throw new StudioError('invalid_input', 'The dataset has no tags.', 'Choose the column of tags.').at('dataset');
  const { names } = read;
  const padding = tokenizer.paddingId;
  const labelsOf = { train: rows.train.labels(names), test: rows.test.labels(names) };
  const loaderOf = (split: 'train' | 'test', order: Int32Array | null): LoadBatch<LabelLoss> => {
    return async (indices) => {
      const places = [...indices].map((index) => (order === null ? index : (order[index] ?? 0)));
      const inputs = encoderInputs(
        places.map((place) => rows[split].row(place)),
        padding,
      );
      const width = inputs['input_ids']?.shape[1] ?? 0;
      const labels = new Int32Array(places.length * width).fill(ignoredLabel);
      for (const [row, place] of places.entries()) labels.set(labelsOf[split](place), row * width);
      return { inputs, examples: places.length, loss: tags.loss(labels) };
    };
  };
  const order = testOrder(rows.test.count);
  const test = recentBatches(loaderOf('test', order));
  const tagsOf = (place: number) => rows.test.tags(place);
  return {
    labels: names,
    classNames: names,
    metrics: metricsFor('tags'),
    train: {
      count: rows.train.count,
      classes: null,
      load: loaderOf('train', null),
      lengthOf: (index) => rows.train.row(index).ids.length,
    },
    testCount: rows.test.count,
    notes: notesOf({ cut, wordless, leftOut: read.leftOut, maxLength }),
    outputs: (adapted, indices, options) => {
      const lengthOf = (index: number) => rows.test.row(order[index] ?? 0).ids.length;
      return tagOutputs(adapted, test, byLength(indices, lengthOf, options.batchSize), options, names);
    },
    describe: (index) => read.tests[order[index] ?? 0] ?? { index, id: null },
    show: async (index) => {
      const place = order[index] ?? 0;
      const text = tokenizer.decode([...rows.test.row(place).ids], { skipSpecialTokens: true });
      return { kind: 'text', text, truth: tagsOf(place).join(' ') };
    },
    exported: async (chosen) => {
      const places = { train: [...chosen.train], test: [...chosen.test].map((index) => order[index] ?? 0) };
      const tensors = (['train', 'test'] as const).flatMap((split) => {
        const labels = Int32Array.from(places[split].flatMap((place) => [...labelsOf[split](place)]));
        const some = places[split].map((place) => rows[split].row(place).ids);
        return [...rowTensors(split, some), [`${split}.labels`, { shape: [labels.length], data: labels }] as const];
      });
      return {
        settings: {
          problem_type: 'single_label_classification',
          pad_token_id: padding,
        },
        tensors: new Map(tensors),
      };
    },
  };
}

function notesOf({
  cut,
  wordless,
  leftOut,
  maxLength,
}: {
  readonly cut: { readonly examples: number; readonly words: number };
  readonly wordless: number;
  readonly leftOut: number;
  readonly maxLength: number;
}): string[] {
  const notes: string[] = [];
  if (cut.examples > 0)
    notes.push(
      `${cut.examples} examples are longer than ${maxLength} tokens and were truncated: ${cut.words} of their words are neither learned nor scored.`,
    );
  if (wordless > 0) notes.push(`${wordless} words have no token of the model and are neither learned nor scored.`);
  if (leftOut > 0) notes.push(`${leftOut} examples have no word within ${maxLength} tokens and were skipped.`);
  return notes;
}
