import { lisa } from '../../src-shared/coto/schedules/lisa.ts';
import {
  brightImages,
  leakingTexts,
  longTexts,
  repeatedTexts,
  skewedImages,
  skewedTexts,
  templateAnswers,
} from './made-data.ts';
import { answers, images, type SetUp, seeded, texts } from './set-up.ts';

const spam = { ...texts, dataset: 'spam-subjects' };
const letters = { ...images, dataset: 'font-letters' };
const speeches = { ...texts, dataset: 'state-of-the-union', max_steps: 4 };
/** The same layers are on in every step. */
const always = (layers: number) => ({
  schedule: lisa.declaration.id,
  lisa_activated_layers: layers,
  lisa_interval_steps: 1000,
});
const constant = { lr_scheduler_type: 'constant' };
/** A training on few examples, evaluated along the way. */
const few = { per_device_train_batch_size: 10, max_steps: 80, eval_steps: 10, learning_rate: 5e-3 };

const ofRate: SetUp[] = [
  { name: 'rate of 3', expected: 'diverged', run: { ...images, learning_rate: 3 } },
  {
    name: 'rate of 1 without clipping',
    expected: 'diverged',
    run: { ...images, learning_rate: 1, max_grad_norm: 0 },
  },
  { name: 'rate of 3 on answers', expected: 'diverged', run: { ...answers, learning_rate: 3 } },
  {
    name: 'wrong labels among easy ones',
    expected: 'loss-spikes',
    run: { ...images, per_device_train_batch_size: 1, max_steps: 120, learning_rate: 2e-3, eval_samples: 100 },
    data: (folder) => brightImages(folder, 0.06),
  },
  { name: 'rate of 0.03', expected: 'learning-rate-high', run: { ...images, learning_rate: 0.03 } },
  {
    name: 'rate of 0.05, rank 4',
    expected: 'learning-rate-high',
    run: { ...images, learning_rate: 0.05, adapter: { r: 4 } },
  },
  { name: 'rate of 0.05 on letters', expected: 'learning-rate-high', run: { ...letters, learning_rate: 0.05 } },
  {
    name: 'rate of 0.05 on spam, no warmup',
    expected: 'learning-rate-high',
    run: { ...spam, learning_rate: 0.05, warmup_steps: 0, max_steps: 40 },
  },
  { name: 'rate of 1e-6', expected: 'learning-rate-low', run: { ...images, learning_rate: 1e-6 } },
  { name: 'rate of 1e-5 on texts', expected: 'learning-rate-low', run: { ...spam, learning_rate: 1e-5 } },
  {
    name: 'rate of 1e-5 on letters, linear',
    expected: 'learning-rate-low',
    run: { ...letters, learning_rate: 1e-5, lr_scheduler_type: 'linear' },
  },
  { name: 'rate of 1e-6 on answers', expected: 'learning-rate-low', run: { ...answers, learning_rate: 1e-6 } },
];

const ofLength: SetUp[] = [
  {
    name: 'two images of each class, 80 steps',
    expected: 'overfitting',
    run: { ...images, ...few, train_samples_per_class: 2 },
  },
  {
    name: 'two letters of each class, 100 steps',
    expected: 'overfitting',
    run: { ...letters, ...few, train_samples_per_class: 2, max_steps: 100 },
  },
  {
    name: '8 words, 80 steps at a constant rate',
    expected: 'overfitting',
    run: { ...answers, ...few, ...constant, max_train_samples: 8, per_device_train_batch_size: 4 },
  },
  {
    name: '16 words, 100 steps at a constant rate',
    expected: 'overfitting',
    run: { ...answers, ...few, ...constant, max_train_samples: 16, per_device_train_batch_size: 4, max_steps: 100 },
  },
  {
    name: '24 steps at a constant rate',
    expected: 'underfitted',
    run: {
      ...images,
      ...{ max_steps: 24, learning_rate: 5e-4, lr_scheduler_type: 'constant', per_device_train_batch_size: 32 },
    },
  },
  {
    name: '32 steps on letters at a constant rate',
    expected: 'underfitted',
    run: {
      ...letters,
      ...{ max_steps: 32, learning_rate: 5e-4, lr_scheduler_type: 'constant', per_device_train_batch_size: 32 },
    },
  },
  {
    name: '24 steps on answers at a constant rate',
    expected: 'underfitted',
    run: {
      ...answers,
      ...{ max_steps: 24, learning_rate: 5e-4, lr_scheduler_type: 'constant', per_device_train_batch_size: 16 },
    },
  },
];

const ofAnswers: SetUp[] = [
  {
    name: 'answers cut by max_length 20',
    expected: 'never-ends',
    run: { ...answers, max_length: 20, max_steps: 40, eval_steps: 40, sample_tokens: 48 },
  },
  {
    name: 'answers cut by max_length 16',
    expected: 'never-ends',
    run: { ...answers, max_length: 16, max_steps: 40, eval_steps: 40, sample_tokens: 48, learning_rate: 5e-4 },
  },
  {
    name: 'one answer to nearly all questions',
    expected: 'template-only',
    run: { ...texts, max_length: 64, max_steps: 40, eval_steps: 40, sample_tokens: 16, learning_rate: 2e-3 },
    data: (folder) => templateAnswers(folder, 'I do not know.', 0.97),
  },
  {
    name: 'the same thanks to nearly all questions',
    expected: 'template-only',
    run: { ...texts, max_length: 64, max_steps: 40, eval_steps: 40, sample_tokens: 16, learning_rate: 2e-3 },
    data: (folder) => templateAnswers(folder, 'Thank you for your letter.', 0.97),
  },
];

const ofData: SetUp[] = [
  {
    name: 'test rows in the training data',
    expected: 'duplicates-across-splits',
    run: { ...texts, max_length: 64, max_steps: 4 },
    data: (folder) => repeatedTexts(folder, (text) => text),
  },
  {
    name: 'test rows nearly in the training data',
    expected: 'duplicates-across-splits',
    run: { ...texts, max_length: 64, max_steps: 4 },
    data: (folder) => repeatedTexts(folder, (text) => `${text.toUpperCase()}!`),
  },
  {
    name: 'label before the text',
    expected: 'label-leak',
    run: { ...texts, max_length: 64, max_steps: 4 },
    data: (folder) => leakingTexts(folder, ['weather', 'harbor'], (label, words) => `${label}: ${words}`),
  },
  {
    name: 'label in brackets behind the text',
    expected: 'label-leak',
    run: { ...texts, max_length: 64, max_steps: 4 },
    data: (folder) => leakingTexts(folder, ['fruit', 'tool', 'river'], (label, words) => `${words} [${label}]`),
  },
  { name: 'max_length 24 for paragraphs', expected: 'truncated', run: { ...speeches, max_length: 24 } },
  {
    name: 'max_length 32 for stories',
    expected: 'truncated',
    run: { ...texts, max_steps: 4 },
    data: longTexts,
  },
  {
    name: '95 % of one class',
    expected: 'class-collapse',
    run: { ...images, max_steps: 24 },
    data: (folder) => skewedImages(folder, 0.95),
  },
  {
    name: '97 % of one label',
    expected: 'class-collapse',
    run: { ...texts, max_length: 64 },
    data: (folder) => skewedTexts(folder, 0.97),
  },
  { name: '20 evaluated images', expected: 'evaluation-noise', run: { ...images, eval_samples: 20 } },
  { name: '24 evaluated subjects', expected: 'evaluation-noise', run: { ...spam, eval_samples: 24 } },
];

const ofAdapters: SetUp[] = [
  { name: 'one layer on in every step', expected: 'dead-adapters', run: { ...images, coto: always(1) } },
  { name: 'two layers on in every step', expected: 'dead-adapters', run: { ...letters, coto: always(2) } },
  { name: 'one layer of the language model', expected: 'dead-adapters', run: { ...answers, coto: always(1) } },
  { name: 'limit 0.1 on gradients', expected: 'always-clipped', run: { ...images, max_grad_norm: 0.1 } },
  { name: 'limit 0.02 on texts', expected: 'always-clipped', run: { ...spam, max_grad_norm: 0.02 } },
  { name: 'rate of 0.01, 80 steps', expected: 'forgetting', run: { ...images, learning_rate: 0.01, max_steps: 80 } },
  {
    name: 'rate of 0.01 on texts, 60 steps',
    expected: 'forgetting',
    run: { ...spam, learning_rate: 0.01, max_steps: 60 },
  },
];

/** Trainings with one fault each. */
export const badSetUps: readonly SetUp[] = seeded(
  [...ofRate, ...ofLength, ...ofAnswers, ...ofData, ...ofAdapters],
  100,
);
