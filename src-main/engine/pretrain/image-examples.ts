import { basename } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { DatasetSource } from '../../../src-shared/domain/data/dataset.ts';
import type { ModelDescription } from '../../../src-shared/domain/models/model.ts';
import type { PretrainConfig } from '../../../src-shared/domain/runs/pretrain.ts';
import { RandomStream } from '../../../src-shared/random.ts';
import { createImagePreprocessor, ImageBatcher } from '../data/image-batch.ts';
import { openImages } from '../data/open-dataset.ts';
import { evaluationIndices } from '../data/subset.ts';
import { classes, scoreLogits } from '../outcomes/classes.ts';
import { ProgressMeter } from '../training/progress-meter.ts';
import type { PretrainExamples } from './examples.ts';

/** Labelled images to pretrain an image classifier. */
export async function imageExamples(
  config: PretrainConfig,
  description: ModelDescription,
  modelDirectory: string,
  source: DatasetSource | null,
): Promise<PretrainExamples> {
  if (source === null)
    throw new StudioError('invalid_input', 'train_data: an image classifier needs a dataset of images.').at(
      'train_data',
    );
  const dataset = await openImages(source);
  const { labels } = dataset.description;
  const name = basename(source.path);
  const classCount = description.labels.length;
  if (labels.length !== classCount) {
    dataset.close();
    throw new StudioError(
      'invalid_input',
      `The dataset has ${labels.length} classes, but id2label in config.json names ${classCount}.`,
      'Let config.json name the classes of the dataset.',
    );
  }
  const preprocessor = await createImagePreprocessor(modelDirectory, description, dataset.description);
  const train = new ImageBatcher(dataset.split('train'), preprocessor);
  const test = new ImageBatcher(dataset.split('test'), preprocessor);
  const { augmentation, seed } = config;
  const augmentedRows = (place: number) => {
    if (augmentation === null) return null;
    const stream = RandomStream.numbered(seed, 'augmentation', place);
    return { augmentation, random: () => stream };
  };
  const evaluated = evaluationIndices(test.split.count, config.eval_samples);
  return {
    count: train.split.count,
    said: `${train.split.count} images of ${classCount} classes to train on, ${test.split.count} held out (${name})`,
    loadBatch: async (indices, place) => {
      const { pixelValues, labels: given, shape } = await train.batch(indices, augmentedRows(place));
      const inputs = { pixel_values: { shape, data: pixelValues } };
      return { inputs, examples: given.length, loss: classes.loss(given) };
    },
    evaluate: async (model, within) => {
      const progress = new ProgressMeter(within, 'Evaluating', evaluated.length, 'images');
      const logits = new Float32Array(evaluated.length * classCount);
      const truth = new Int32Array(evaluated.length);
      const size = config.per_device_train_batch_size;
      for (let start = 0; start < evaluated.length; start += size) {
        if ((await within.signal()) === 'cancel') throw new StudioError('cancelled', 'The training was cancelled.');
        const batch = await test.batch(evaluated.subarray(start, start + size));
        const values = tf.tidy(() =>
          model.forward({ pixel_values: tf.tensor(batch.pixelValues, batch.shape) }).dataSync(),
        );
        logits.set(values, start * classCount);
        truth.set(batch.labels, start);
        progress.at(start + batch.labels.length);
      }
      const { accuracy, loss } = scoreLogits(logits, truth, classCount);
      return { loss, accuracy };
    },
    close: () => dataset.close(),
  };
}
