import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { TextExample } from '../../../../src-shared/domain/data/dataset.ts';
import { metricsFor } from '../../../../src-shared/metrics/index.ts';
import { textClassification } from '../../../../src-shared/tasks/text-classification.ts';

import type { TextTokenizer } from '../../tokenization/tokenizer.ts';
import { headOutputs, type LoadBatch } from '../shared/head-outputs.ts';
import { encoderInputs } from '../shared/pad-rows.ts';
import { classIds, readTexts } from '../shared/read-split.ts';
import { recentBatches } from '../shared/recent-batches.ts';
import { markedRowTensors } from '../shared/row-tensors.ts';
import { byLength, inGivenOrder, testOrder } from '../shared/test-order.ts';
import { textReading } from '../shared/text-reading.ts';
import { TokenRows } from '../shared/token-rows.ts';
import type { OpenTask, TaskMaterial, TaskType } from '../task-type.ts';
import { labelFormats } from './labels.ts';

export const textClassificationTask: TaskType = {
  declaration: textClassification,
  misfit(model, { text, labels }) {
    if (model.kind !== 'text-classification' && model.kind !== 'embedding')
      return {
        field: 'model',
        message: `A ${model.kind} model cannot classify text.`,
        hint: 'Choose an encoder, e.g. a BERT, or the task multiple-choice.',
      };
    if (!model.linears.some(({ isHead }) => isHead))
      return {
        field: 'model',
        message: `${model.architecture} cannot be given a classifier.`,
        hint: 'Choose another encoder.',
      };
    if (!text?.columns.text || text.labelKind === 'none')
      return {
        field: 'dataset',
        message: 'The dataset has no text with a label in each row.',
        hint: 'Choose the text and label columns of the dataset: label=NAME (Edit import… in the window).',
      };
    if (text.labelKind !== 'numbers' && labels.length < 2)
      return {
        field: 'dataset',
        message: `The dataset has ${labels.length} label, but classification needs two or more.`,
        hint: 'Choose another label column.',
      };
    return null;
  },
  metrics: ({ text, labels }) => {
    const kind = text?.labelKind ?? 'none';
    return metricsFor(kind === 'tags' || kind === 'none' ? 'classes' : labelFormats[kind].outcome, labels.length);
  },
  preview:
    (tokenizer) =>
    ({ text, textPair, prompt, label }) => {
      const { ids } = tokenizer.encode(text ?? prompt ?? '', textPair === null ? {} : { pair: textPair });
      return { ids, marks: ids.map(() => 0), written: 'plain', counts: label === null ? 'nothing' : 'label' };
    },
  open: openTextClassification,
};

async function openTextClassification(material: TaskMaterial): Promise<OpenTask> {
  const { dataset, tokenizer, maxLength, wanted } = await textReading(material);
  const rows = { train: new TokenRows(), test: new TokenRows() };
  const read = await readTexts(
    dataset,
    wanted,
    (example) => addEncoded(rows[example.split], tokenizer, example, maxLength),
    material.onRead,
  );
  if (read.kind === 'none' || read.kind === 'tags')
    throw new StudioError('invalid_input', 'The dataset has no labels.', 'Choose the label column.').at('dataset');
  const format = labelFormats[read.kind];
  const head = format.head(read.names);
  const labelsOf = { train: format.labels(read, 'train'), test: format.labels(read, 'test') };
  const padding = tokenizer.paddingId;
  const loaderOf = (split: 'train' | 'test', order: Int32Array | null): LoadBatch => {
    return async (indices) => {
      const places = order === null ? indices : Int32Array.from(indices, (index) => order[index] ?? 0);
      const batch = [...places].map((place) => rows[split].row(place));
      const { loss } = labelsOf[split](places);
      return { inputs: encoderInputs(batch, padding), examples: places.length, loss };
    };
  };
  const order = testOrder(rows.test.count);
  const test = recentBatches(loaderOf('test', order));
  const train = loaderOf('train', null);
  return {
    labels: head,
    classNames: read.names,
    metrics: metricsFor(format.outcome, read.names.length),
    train: {
      count: rows.train.count,
      classes: read.kind === 'classes' ? { ids: classIds(read.labels.train, read.names), names: read.names } : null,
      load: train,
      lengthOf: (index) => rows.train.length(index),
    },
    testCount: rows.test.count,
    notes: [],
    outputs: async (adapted, indices, options) => {
      const lengthOf = (index: number) => rows.test.length(order[index] ?? 0);
      const run = byLength(indices, lengthOf, options.batchSize);
      const width = head.length;
      const values = await headOutputs(adapted, test, run.sorted, { ...options, batchSize: run.batchSize, width });
      const { outputs } = labelsOf.test(indices.map((index) => order[index] ?? 0));
      return outputs(inGivenOrder(values, run, width));
    },
    describe: (index) => read.tests[order[index] ?? 0] ?? { index, id: null },
    show: async (index) => {
      const place = order[index] ?? 0;
      const text = tokenizer.decode([...rows.test.row(place).ids], { skipSpecialTokens: true });
      return { kind: 'text', text, truth: [read.labels.test[place] ?? []].flat().join(', ') };
    },
    exported: async (chosen) => {
      const places = { train: chosen.train, test: Int32Array.from(chosen.test, (index) => order[index] ?? 0) };
      const tensors = (['train', 'test'] as const).flatMap((split) => {
        const some = [...places[split]].map((place) => rows[split].row(place));
        const { tensor } = labelsOf[split](places[split]);
        return [...markedRowTensors(split, some, 'token_type_ids'), [`${split}.labels`, tensor] as const];
      });
      return {
        settings: {
          problem_type: format.problemType,
          pad_token_id: padding,
        },
        tensors: new Map(tensors),
      };
    },
  };
}

function addEncoded(rows: TokenRows, tokenizer: TextTokenizer, example: TextExample, maxLength: number): boolean {
  if (example.text === null || example.label === null) return false;
  const { ids, typeIds } = tokenizer.encode(example.text, { pair: example.textPair ?? undefined, maxLength });
  rows.add(ids, typeIds);
  return true;
}
