import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { Image } from '../../../src-main/engine/data/dataset.ts';
import { createImagePreprocessor, ImageBatcher } from '../../../src-main/engine/data/image-batch.ts';
import { resample, resampleFilters } from '../../../src-main/engine/data/resample.ts';
import type { DatasetDescription } from '../../../src-shared/domain/data/dataset.ts';
import { imageModel, temporaryFolder } from './make-data.ts';

const home = temporaryFolder();
const bytes = z.array(z.number()).transform((values) => Uint8Array.from(values));
const imageSchema = z.object({ height: z.number(), width: z.number(), channels: z.number(), pixels: bytes });
const golden = z
  .object({
    rgb: imageSchema,
    grey: imageSchema,
    rgb_as_grey: bytes,
    cases: z.array(
      z.object({
        input: z.enum(['rgb', 'grey']),
        filter: z.enum(['nearest', 'lanczos', 'bilinear', 'bicubic', 'box', 'hamming']),
        height: z.number(),
        width: z.number(),
        pixels: bytes,
      }),
    ),
  })
  .parse(JSON.parse(readFileSync(join(import.meta.dirname, '../../golden/pillow/resize.json'), 'utf8')));

function modelFolder(name: string, config: unknown): string {
  const folder = join(home, name);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'preprocessor_config.json'), typeof config === 'string' ? config : JSON.stringify(config));
  return folder;
}

function dataset(image: DatasetDescription['image']): DatasetDescription {
  return { task: 'image-classification', text: null, labels: ['a'], image, splits: [], problems: [], sizeBytes: 0 };
}

test.each(golden.cases)('resizes $input to $height × $width by $filter as Pillow does, byte for byte', (example) => {
  const result = resample(golden[example.input], example.height, example.width, example.filter);
  expect(result.pixels).toEqual(example.pixels);
});

test('the golden cases cover every filter', () => {
  expect(new Set(golden.cases.map(({ filter }) => filter))).toEqual(new Set(resampleFilters));
});

describe('pixel values', () => {
  const values = async (config: unknown, image: Image, model: { channels: number; height: number; width?: number }) => {
    const folder = modelFolder(`m${JSON.stringify(config).length}-${model.channels}-${image.channels}`, config);
    const preprocessor = await createImagePreprocessor(
      folder,
      imageModel(model.channels, model.height, model.width),
      dataset(image),
    );
    const split = { count: 1, labels: Int32Array.of(0), pixels: () => image.pixels };
    return (await new ImageBatcher(split, preprocessor).batch([0])).pixelValues;
  };
  const rgb: Image = { pixels: Uint8Array.from([0, 51, 102, 153, 204, 255]), height: 1, width: 2, channels: 3 };

  test('are channel first, rescaled and normalized per channel', async () => {
    const config = { size: { height: 1, width: 2 }, image_mean: [0, 0.2, 0.5], image_std: [1, 0.5, 0.25] };
    const result = await values(config, rgb, { channels: 3, height: 1, width: 2 });
    // red: 0, 0.6; green: (0.2, 0.8 − 0.2) / 0.5; blue: (0.4, 1 − 0.5) / 0.25
    expect([...result].map((value) => Number(value.toFixed(5)))).toEqual([0, 0.6, 0, 1.2, -0.4, 2]);
  });

  test('RGB for a gray model becomes Pillow’s L', async () => {
    const result = await values({ do_normalize: false, do_rescale: false }, golden.rgb, {
      channels: 1,
      height: 9,
      width: 13,
    });
    expect(Uint8Array.from(result)).toEqual(golden.rgb_as_grey);
  });

  test('gray for an RGB model is repeated', async () => {
    const grey: Image = { pixels: Uint8Array.of(0, 255), height: 1, width: 2, channels: 1 };
    const result = await values({ do_normalize: false, size: { height: 1, width: 2 } }, grey, {
      channels: 3,
      height: 1,
      width: 2,
    });
    expect([...result]).toEqual([0, 1, 0, 1, 0, 1]);
  });

  test('without a config follow ViTImageProcessor: size of the model, 1/255, mean and deviation 0.5', async () => {
    const folder = join(home, 'without');
    mkdirSync(folder, { recursive: true });
    const image = { height: 1, width: 2, channels: 1 };
    const preprocessor = await createImagePreprocessor(folder, imageModel(1, 1, 2), dataset(image));
    const split = { count: 1, labels: Int32Array.of(0), pixels: () => Uint8Array.of(0, 255) };
    expect([...(await new ImageBatcher(split, preprocessor).batch([0])).pixelValues]).toEqual([-1, 1]);
  });

  test('ignores null in a config for values that its processor does not use', async () => {
    const image = { height: 1, width: 2, channels: 1 };
    const unused = { crop_size: null, do_center_crop: null, size: null, do_convert_rgb: null };
    const preprocessor = await createImagePreprocessor(
      modelFolder('nulls', unused),
      imageModel(1, 1, 2),
      dataset(image),
    );
    const split = { count: 1, labels: Int32Array.of(0), pixels: () => Uint8Array.of(0, 255) };
    expect([...(await new ImageBatcher(split, preprocessor).batch([0])).pixelValues]).toEqual([-1, 1]);
  });

  test.each<[string, unknown, { height: number; width: number; channels: number } | null, RegExp]>([
    ['no JSON', '{', { height: 2, width: 2, channels: 1 }, /preprocessor_config.json is not JSON/],
    ['another size', { size: 3 }, { height: 2, width: 2, channels: 1 }, /resizes to 3 × 3, but the model takes 2 × 2/],
    [
      'a crop of another size',
      { do_center_crop: true, crop_size: 3 },
      { height: 2, width: 2, channels: 1 },
      /crops to 3 × 3, but the model takes 2 × 2/,
    ],
    [
      'a crop of less than there is',
      { do_center_crop: true, size: { shortest_edge: 1 } },
      { height: 2, width: 2, channels: 1 },
      /shorter edge to 1, less than the 2 × 2/,
    ],
    [
      'sides of any length',
      { size: { shortest_edge: 2 } },
      { height: 2, width: 2, channels: 1 },
      /shorter edge to 2 and does not crop/,
    ],
    ...[0, 1e9, '16', 2.5].map(
      (edge): [string, unknown, { height: number; width: number; channels: number }, RegExp] => [
        `a shortest_edge of ${edge}`,
        { do_center_crop: true, size: { shortest_edge: edge } },
        { height: 2, width: 2, channels: 1 },
        /preprocessor_config\.json: size.* a whole number of pixels from 1 to 8192/,
      ],
    ),
    [
      'a size of both',
      { do_center_crop: true, size: { shortest_edge: 16, height: 16, width: 16 } },
      { height: 2, width: 2, channels: 1 },
      /size: must be a length, height and width, or shortest_edge alone/,
    ],
    [
      'mean of another length',
      { image_mean: [1, 2, 3] },
      { height: 2, width: 2, channels: 1 },
      /3 values of image_mean for a model of 1/,
    ],
    ['deviation 0', { image_std: 0 }, { height: 2, width: 2, channels: 1 }, /image_std of 0/],
    [
      'no resizing',
      { do_resize: false },
      { height: 9, width: 2, channels: 1 },
      /does not resize, so the dataset's 9 × 2/,
    ],
    ['text', {}, null, /no images/],
  ])('are refused with %s', async (name, config, image, message) => {
    const folder = modelFolder(`refused ${name}`, config);
    await expect(createImagePreprocessor(folder, imageModel(1, 2), dataset(image))).rejects.toThrow(message);
  });
});

describe('batches', () => {
  test('keep what was read once, up to the bytes they may use', async () => {
    const reads: number[] = [];
    const split = {
      count: 4,
      labels: Int32Array.of(3, 2, 1, 0),
      pixels: (index: number) => {
        reads.push(index);
        return Uint8Array.of(index, 0);
      },
    };
    const folder = modelFolder('kept', { do_normalize: false, do_rescale: false, size: { height: 1, width: 2 } });
    const image = { height: 1, width: 2, channels: 1 };
    const batcher = new ImageBatcher(
      split,
      await createImagePreprocessor(folder, imageModel(1, 1, 2), dataset(image)),
      4,
    );
    const first = await batcher.batch([2, 0]);
    expect(first.shape).toEqual([2, 1, 1, 2]);
    expect([...first.pixelValues]).toEqual([2, 0, 0, 0]);
    expect([...first.labels]).toEqual([1, 3]);
    await batcher.batch(Int32Array.of(0, 2, 3));
    await batcher.batch([3]);
    expect(reads).toEqual([2, 0, 3, 3]);
  });

  test('resize each image from its own size', async () => {
    const sizes = [2, 6];
    const split = {
      count: 2,
      labels: Int32Array.of(0, 0),
      pixels: () => new Uint8Array(4),
      image: async (index: number) => {
        const side = sizes[index] ?? 1;
        return { pixels: new Uint8Array(side * side).fill(100 + index), height: side, width: side, channels: 1 };
      },
    };
    const folder = modelFolder('own sizes', { do_normalize: false, do_rescale: false, size: 3 });
    const image = { height: 2, width: 2, channels: 1 };
    const batcher = new ImageBatcher(split, await createImagePreprocessor(folder, imageModel(1, 3), dataset(image)));
    const { pixelValues } = await batcher.batch([1, 0]);
    expect([...pixelValues]).toEqual([...new Array(9).fill(101), ...new Array(9).fill(100)]);
  });
});
