import { comparesWithTexts } from '../../../../src-shared/domain/models/model.ts';
import { metricsFor } from '../../../../src-shared/metrics/index.ts';
import { imageClassification } from '../../../../src-shared/tasks/image-classification.ts';
import type { AugmentedRows } from '../../data/augment.ts';
import { imageAt } from '../../data/dataset.ts';
import { createImagePreprocessor, ImageBatcher } from '../../data/image-batch.ts';
import { thumbnail } from '../../data/thumbnail.ts';
import type { LabelLoss, MicroBatch } from '../../losses/batch-loss.ts';
import { classes } from '../../outcomes/classes.ts';
import type { HostTensor } from '../../tensors/host-tensor.ts';
import { classificationLogits } from '../shared/head-outputs.ts';
import { recentBatches } from '../shared/recent-batches.ts';
import type { ReadingProgress, TaskType } from '../task-type.ts';
import { classInputs, prepareTexts } from './class-inputs.ts';

/** Pixels of the longer side of an image beside its prediction, at most. */
const thumbnailSide = 64;

export const imageClassificationTask: TaskType = {
  declaration: imageClassification,
  misfit: () => null,
  metrics: ({ labels }) => metricsFor('classes', labels.length),
  async open({ modelDirectory, model, dataset, settings }) {
    if (dataset.kind !== 'images') throw new TypeError('the dataset contains texts');
    const { description } = dataset;
    const isZeroShot = comparesWithTexts(model);
    const texts = isZeroShot ? await classInputs(modelDirectory, model, description.labels, settings) : {};
    const preprocessor = await createImagePreprocessor(modelDirectory, model, description);
    const train = dataset.split('train');
    const batchers = {
      train: new ImageBatcher(train, preprocessor),
      test: new ImageBatcher(dataset.split('test'), preprocessor),
    };
    const loaderOf =
      (batcher: ImageBatcher) =>
      async (indices: Int32Array, augmented?: AugmentedRows | null): Promise<MicroBatch<LabelLoss>> => {
        const { pixelValues, labels, shape } = await batcher.batch(indices, augmented);
        // The images come first: they say how many examples there are.
        const inputs = { pixel_values: { shape, data: pixelValues }, ...texts };
        return { inputs, examples: labels.length, loss: classes.loss(labels) };
      };
    const test = recentBatches(loaderOf(batchers.test));
    return {
      labels: isZeroShot ? null : description.labels,
      isZeroShot,
      classNames: description.labels,
      metrics: metricsFor('classes', description.labels.length),
      train: {
        count: train.count,
        classes: { ids: train.labels, names: description.labels },
        load: loaderOf(batchers.train),
      },
      testCount: batchers.test.split.count,
      notes: [],
      outputs: async (adapted, indices, options) => {
        if (isZeroShot) await prepareTexts(adapted, texts, options);
        return classificationLogits(adapted, test, indices, { ...options, labelCount: description.labels.length });
      },
      describe: (index) => ({ index, id: null }),
      show: async (index) => {
        const split = dataset.split('test');
        const { height, width, channels, pixels } = thumbnail(await imageAt(split, description, index), thumbnailSide);
        const truth = description.labels[split.labels[index] ?? 0] ?? '';
        return { kind: 'image', truth, height, width, channels, pixels: Uint8Array.from(pixels) };
      },
      exported: async (chosen, progress) => {
        const tensors = new Map([['pixel_values', stacked(preprocessor.tables)]]);
        for (const split of ['train', 'test'] as const) {
          const batcher = batchers[split];
          tensors.set(`${split}.pixel_bytes`, await pixelBytes(batcher, split, chosen[split], progress));
          const labels = Int32Array.from(chosen[split], (index) => batcher.split.labels[index] ?? 0);
          tensors.set(`${split}.labels`, { shape: [labels.length], data: labels });
        }
        if (texts.input_ids !== undefined) tensors.set('class_texts', texts.input_ids);
        const settings = { problem_type: 'single_label_classification' } as const;
        return { settings: isZeroShot ? { ...settings, auto_class: 'AutoModel' } : settings, tensors };
      },
    };
  },
};

/** [examples, height, width, channels]; `pixel_values` maps each byte to its float. */
async function pixelBytes(
  batcher: ImageBatcher,
  split: 'train' | 'test',
  indices: Int32Array,
  progress: ReadingProgress,
): Promise<HostTensor> {
  const { height, width, channels } = batcher.preprocessor;
  const each = height * width * channels;
  const bytes = new Uint8Array(indices.length * each);
  for (const [position, index] of indices.entries()) {
    if (position % 256 === 0) await progress(split, position, indices.length);
    bytes.set(await batcher.fitted(index), position * each);
  }
  return { shape: [indices.length, height, width, channels], data: bytes };
}

function stacked(rows: readonly Float32Array[]): HostTensor {
  const width = rows[0]?.length ?? 0;
  const data = new Float32Array(rows.length * width);
  for (const [index, row] of rows.entries()) data.set(row, index * width);
  return { shape: [rows.length, width], data };
}
