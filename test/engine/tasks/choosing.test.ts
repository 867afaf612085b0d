import { expect, test } from 'vitest';
import { requireTask } from '../../../src-main/engine/tasks/index.ts';
import { type DatasetDescription, datasetDescriptionSchema } from '../../../src-shared/domain/data/dataset.ts';
import type { ModelDescription } from '../../../src-shared/domain/models/model.ts';
import { plainLinear } from '../../../src-shared/domain/models/model.ts';

const head = {
  name: 'classifier',
  aliases: [],
  checkpointKey: 'classifier',
  layer: null,
  inFeatures: 4,
  outFeatures: 2,
};

function model(kind: ModelDescription['kind']): ModelDescription {
  const isImage = kind === 'image-classification';
  return {
    family: 'any',
    architecture: 'AnyModel',
    kind,
    parameterCount: 1,
    sizeBytes: 4,
    dtype: 'F32',
    layerCount: 1,
    hiddenSize: 4,
    labels: [],
    image: isImage ? { height: 1, width: 1, channels: 1 } : null,
    text: isImage ? null : { vocabularySize: 10, maxPositions: 8 },
    linears: kind === 'causal-lm' ? [] : [{ ...plainLinear, ...head, hasBias: true, isHead: true }],
    fingerprint: '',
  };
}

function texts(columns: object, labelKind = 'none', labels: string[] = []): DatasetDescription {
  const none = {
    text: null,
    text_pair: null,
    label: null,
    prompt: null,
    input: null,
    completion: null,
    messages: null,
  };
  return datasetDescriptionSchema.parse({
    task: 'text',
    labels,
    image: null,
    splits: [],
    problems: [],
    sizeBytes: 0,
    text: {
      shape: 'columns',
      columnNames: [],
      columns: { ...none, ...columns },
      labelKind,
      splitRule: '',
      rowCount: 1,
      faultyRows: 0,
      duplicates: {
        comparedRows: 0,
        withinTrain: 0,
        withinTest: 0,
        across: 0,
        nearComparedRows: 0,
        nearAcross: 0,
      },
    },
  });
}

const images = datasetDescriptionSchema.parse({
  task: 'image-classification',
  labels: ['a', 'b'],
  image: { height: 1, width: 1, channels: 1 },
  splits: [],
  problems: [],
  sizeBytes: 0,
});
const classes = texts({ text: 'body', label: 'kind' }, 'classes', ['a', 'b']);
const prompts = texts({ prompt: 'ask', completion: 'say' });
const questions = texts({ text: 'ask', choices: 'options', label: 'answer' });

test.each([
  ['image-classification', images, 'image-classification'],
  ['embedding', classes, 'text-classification'],
  ['text-classification', texts({ text: 'body', label: 'score' }, 'numbers'), 'text-classification'],
  ['causal-lm', classes, 'multiple-choice'],
  ['causal-lm', questions, 'multiple-choice'],
  ['causal-lm', prompts, 'causal-lm'],
  ['causal-lm', texts({ text: 'body' }), 'causal-lm'],
] as const)('auto takes for %s and such data %#: %s', (kind, dataset, expected) => {
  expect(requireTask('auto', model(kind), dataset).declaration.id).toBe(expected);
});

test.each([
  ['auto', 'embedding', images, 'This model reads texts (embedding), but the dataset contains images.'],
  ['auto', 'image-classification', classes, 'This model reads images (image-classification), but'],
  ['image-classification', 'embedding', classes, 'Image classification learns from images'],
  ['auto', 'embedding', prompts, 'no text with a label in each row'],
  ['auto', 'embedding', texts({ text: 'body', label: 'kind' }, 'classes', ['a']), 'has 1 label,'],
  ['text-classification', 'causal-lm', classes, 'cannot classify text'],
  ['causal-lm', 'embedding', classes, 'does not generate text'],
  ['multiple-choice', 'causal-lm', prompts, 'needs a list of answers in each row'],
] as const)('%s with a model for %s is refused in words %#', (task, kind, dataset, words) => {
  expect(() => requireTask(task, model(kind), dataset)).toThrow(words);
});
