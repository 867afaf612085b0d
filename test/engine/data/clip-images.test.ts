import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import type { Image, ImageSplit } from '../../../src-main/engine/data/dataset.ts';
import { createImagePreprocessor, ImageBatcher } from '../../../src-main/engine/data/image-batch.ts';
import { openImages } from '../../../src-main/engine/data/open-dataset.ts';
import type { HostTensor } from '../../../src-main/engine/tensors/host-tensor.ts';
import { readSafetensors } from '../../../src-main/engine/tensors/safetensors.ts';
import type { ModelDescription } from '../../../src-shared/domain/models/model.ts';
import { goldenPath, taken } from '../golden.ts';
import { imageModel, temporaryFolder } from './make-data.ts';

const home = temporaryFolder();
const model: ModelDescription = { ...imageModel(3, 16), architecture: 'CLIPModel' };
/** A step of a byte in the channel that is spread most. */
const oneByte = 1 / 255 / 0.2613;
/** These Pillow 12 and later resize along the columns first, which rounds otherwise; earlier ones as here. */
const columnsFirst = ['train/7 of hearts/1.png', "test/cat's eye/0.png"];

let expected: ReadonlyMap<string, HostTensor>;
beforeAll(async () => {
  expected = await readSafetensors(goldenPath('clip-zero-shot', 'expected.safetensors'));
});

function pathOf({ where }: ImageSplit, index: number): string {
  return where?.(index).split('/images/').at(-1) ?? '';
}

test('images of every shape are read as CLIPImageProcessor does: by the shorter edge, cubic, and cropped', async () => {
  const dataset = await openImages({
    reader: 'image-folder',
    path: goldenPath('clip-zero-shot', 'images'),
    options: {},
  });
  const preprocessor = await createImagePreprocessor(goldenPath('clip-zero-shot', 'base'), model, dataset.description);
  let images = 0;
  for (const name of ['train', 'test'] as const) {
    const split = dataset.split(name);
    for (let index = 0; index < split.count; index++) {
      const { pixelValues } = await new ImageBatcher(split, preprocessor).batch([index]);
      const path = pathOf(split, index);
      const { data } = taken(expected, `pixels.${path}`);
      const furthest = pixelValues.reduce((most, value, at) => Math.max(most, Math.abs(value - (data[at] ?? 9))), 0);
      expect(furthest, path).toBeLessThan(columnsFirst.includes(path) ? 4 * oneByte : 1e-5);
      expect(data.length).toBe(pixelValues.length);
      images++;
    }
  }
  expect(images).toBe(12);
  dataset.close();
});

test.each<[string, unknown]>([
  ['of OpenAI’s first files', { feature_extractor_type: 'CLIPFeatureExtractor', size: 16, crop_size: 16, resample: 3 }],
  ['of a name without values', { image_processor_type: 'CLIPImageProcessor', size: 16 }],
  ['that is empty', {}],
])('a config %s means the same', async (name, config) => {
  const folder = join(home, name);
  mkdirSync(folder);
  writeFileSync(join(folder, 'preprocessor_config.json'), JSON.stringify(config));
  const image: Image = {
    height: 20,
    width: 37,
    channels: 1,
    pixels: Uint8Array.from({ length: 740 }, (_, index) => (index * 7) % 256),
  };
  const written = await createImagePreprocessor(goldenPath('clip-zero-shot', 'base'), model, { image });
  const read = await createImagePreprocessor(folder, model, { image });
  expect(read.fit(image)).toEqual(written.fit(image));
  expect(read.tables).toEqual(written.tables);
});

test('an image that would be resized beyond memory is refused', async () => {
  const image: Image = { height: 1, width: 2000, channels: 3, pixels: new Uint8Array(6000) };
  const preprocessor = await createImagePreprocessor(goldenPath('clip-zero-shot', 'base'), model, { image });
  expect(() => preprocessor.fit(image)).toThrow(/too narrow/);
});
