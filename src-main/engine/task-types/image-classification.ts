import { createImagePreprocessor, ImageBatcher } from '../data/image-batch.ts';
import { classificationLogits, type LoadBatch } from '../training/evaluation.ts';
import type { TaskType } from './task-type.ts';

export const imageClassification: TaskType = {
  declaration: {
    id: 'image-classification',
    label: 'Image classification',
    summary: 'A picture to one of several classes.',
    parameters: [],
  },
  bestBy: 'accuracy',
  reads: 'pictures',
  misfit: () => null,
  async open({ modelDirectory, model, dataset }) {
    if (dataset.kind !== 'pictures') throw new TypeError('the data set holds texts');
    const { description } = dataset;
    const preprocessor = await createImagePreprocessor(modelDirectory, model, description);
    const loaderOf = (split: 'train' | 'test'): LoadBatch => {
      const batcher = new ImageBatcher(dataset.split(split), preprocessor);
      return async (indices) => {
        const { pixelValues, labels, shape } = await batcher.batch(indices);
        return { inputs: { pixel_values: { shape, data: pixelValues } }, labels };
      };
    };
    const train = dataset.split('train');
    const test = loaderOf('test');
    return {
      labels: description.labels,
      classNames: description.labels,
      train: { count: train.count, classes: { ids: train.labels, names: description.labels }, load: loaderOf('train') },
      testCount: dataset.split('test').count,
      notes: [],
      outputs: (adapted, indices, options) =>
        classificationLogits(adapted, test, indices, { ...options, labelCount: description.labels.length }),
    };
  },
};
