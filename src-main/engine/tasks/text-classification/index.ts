import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { TextExample } from '../../../../src-shared/domain/dataset.ts';
import { metricsFor } from '../../../../src-shared/metrics/index.ts';
import { textClassification } from '../../../../src-shared/tasks/text-classification.ts';

import type { TextTokenizer } from '../../tokenization/tokenizer.ts';
import type { MicroBatch, Targets } from '../../training/micro-batch.ts';
import { classificationLogits, headOutputs, type LoadBatch } from '../shared/head-outputs.ts';
import { encoderInputs } from '../shared/pad-rows.ts';
import { classIds, type ReadTexts, readTexts } from '../shared/read-split.ts';
import { recentBatches } from '../shared/recent-batches.ts';
import { markedRowTensors } from '../shared/row-tensors.ts';
import { byLength, inGivenOrder, testOrder } from '../shared/test-order.ts';
import { textReading } from '../shared/text-reading.ts';
import { TokenRows } from '../shared/token-rows.ts';
import type { OpenTask, TaskMaterial, TaskType } from '../task-type.ts';
import { labelTensor, problemTypes } from './label-tensor.ts';

/** Transformers' label name of a regression head. */
const valueLabel = 'LABEL_0';

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
    return metricsFor(kind === 'tags' ? 'classes' : outcomeKinds[kind], labels.length);
  },
  preview:
    (tokenizer) =>
    ({ text, textPair, prompt, label }) => {
      const { ids } = tokenizer.encode(text ?? prompt ?? '', textPair === null ? {} : { pair: textPair });
      return { ids, marks: ids.map(() => 0), written: 'plain', counts: label === null ? 'nothing' : 'label' };
    },
  open: openTextClassification,
};

/** Outcomes of an evaluation, by the kind of the labels. */
const outcomeKinds = { none: 'classes', classes: 'classes', sets: 'label-sets', numbers: 'numbers' } as const;

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
  const problem_type = problemTypes[read.kind];
  const padding = tokenizer.paddingId;
  const loaderOf = (split: 'train' | 'test', order: Int32Array | null): LoadBatch => {
    const answers = answersOf(read, split);
    return async (indices) => {
      const places = order === null ? indices : Int32Array.from(indices, (index) => order[index] ?? 0);
      const batch = [...places].map((place) => rows[split].row(place));
      return { inputs: encoderInputs(batch, padding), ...answers(places) };
    };
  };
  const order = testOrder(rows.test.count);
  const test = recentBatches(loaderOf('test', order));
  const train = loaderOf('train', null);
  return {
    labels: read.kind === 'numbers' ? [valueLabel] : read.names,
    classNames: read.names,
    metrics: metricsFor(outcomeKinds[read.kind], read.names.length),
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
      const running = { ...options, batchSize: run.batchSize };
      const width = read.kind === 'numbers' ? 1 : read.names.length;
      if (read.kind === 'classes') {
        const outputs = await classificationLogits(adapted, test, run.sorted, { ...running, labelCount: width });
        const logits = inGivenOrder(outputs.logits, run, width);
        return { ...outputs, logits, labels: inGivenOrder(outputs.labels, run) };
      }
      const values = inGivenOrder(await headOutputs(adapted, test, run.sorted, { ...running, width }), run, width);
      const places = indices.map((index) => order[index] ?? 0);
      const targets = answersOf(read, 'test')(places).targets?.values ?? new Float32Array(0);
      return read.kind === 'numbers'
        ? { kind: 'numbers', predictions: values, targets }
        : { kind: 'label-sets', logits: values, targets, width };
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
        const labels = labelTensor(answersOf(read, split)(places[split]));
        return [...markedRowTensors(split, some, 'token_type_ids'), [`${split}.labels`, labels] as const];
      });
      return {
        settings: { auto_class: 'AutoModelForSequenceClassification', problem_type, pad_token_id: padding },
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

/** Targets of the head for some examples of a split, in the format of the labels. */
function answersOf(
  read: ReadTexts,
  split: 'train' | 'test',
): (places: Int32Array) => Pick<MicroBatch, 'labels' | 'targets' | 'examples'> {
  if (read.kind === 'classes') {
    const classes = classIds(read.labels[split], read.names);
    return (places) => ({ labels: places.map((place) => classes[place] ?? 0) });
  }
  const width = read.kind === 'numbers' ? 1 : read.names.length;
  const kind: Targets['kind'] = read.kind === 'numbers' ? 'numbers' : 'label-sets';
  return (places) => {
    const values = new Float32Array(places.length * width);
    for (const [row, place] of places.entries()) {
      const label = read.labels[split][place] ?? [];
      if (kind === 'numbers') values[row] = Number(label);
      else for (const name of [label].flat()) values[row * width + read.names.indexOf(name)] = 1;
    }
    return { labels: new Int32Array(0), targets: { kind, values, width }, examples: places.length };
  };
}
