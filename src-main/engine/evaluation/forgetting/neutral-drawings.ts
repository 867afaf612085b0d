import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DatasetDescription } from '../../../../src-shared/domain/data/dataset.ts';
import { openIdxFile } from '../../data/idx-file.ts';
import { createImagePreprocessor, ImageBatcher } from '../../data/image-batch.ts';
import { inBatches, type MeasureMaterial } from './measure.ts';

/** The batches of some drawings, of `atOnce` at most. */
export async function drawingBatches(
  { batcher }: NeutralDrawings,
  indices: readonly number[],
  atOnce: number,
): Promise<{ readonly pixel_values: { readonly shape: readonly number[]; readonly data: Float32Array } }[]> {
  const batches = [];
  for (const some of inBatches(indices, atOnce)) {
    const { pixelValues, shape } = await batcher.batch(some);
    batches.push({ pixel_values: { shape, data: pixelValues } });
  }
  return batches;
}

/** The bundled neutral drawings in the base's format; the label of drawing i is names[i]. */
export interface NeutralDrawings {
  readonly names: readonly string[];
  readonly batcher: ImageBatcher;
}

/** @throws StudioError if the base takes no such images */
export async function neutralDrawings({ base, modelDirectory, neutral }: MeasureMaterial): Promise<NeutralDrawings> {
  const folder = join(neutral, 'quickdraw');
  const names = (await readFile(join(folder, 'labels.txt'), 'utf8')).split('\n').filter((line) => line !== '');
  const file = openIdxFile(join(folder, 'images-idx3-ubyte.gz'), [3]);
  try {
    const [count = 0, height = 0, width = 0] = file.shape;
    const pixels = await file.read(0, count * height * width);
    const split = {
      count,
      labels: Int32Array.from({ length: count }, (_, index) => index),
      pixels: (index: number) => pixels.subarray(index * height * width, (index + 1) * height * width),
    };
    const description: DatasetDescription = {
      task: 'image-classification',
      labels: names,
      text: null,
      image: { height, width, channels: 1 },
      splits: [],
      problems: [],
      sizeBytes: pixels.length,
    };
    const preprocessor = await createImagePreprocessor(modelDirectory, base.description, description);
    return { names, batcher: new ImageBatcher(split, preprocessor) };
  } finally {
    file.close();
  }
}
