import { expect, test } from 'vitest';
import { openImages } from '../../../src-main/engine/data/open-dataset.ts';
import { detectReader } from '../../../src-main/engine/data/readers/index.ts';
import { goldenPath } from '../golden.ts';

test.each(['images.parquet', 'images'])('%s: images in a table, with the names of their classes', async (name) => {
  const path = goldenPath('tables', name);
  const source = await detectReader(path);
  expect(source.reader).toBe(name === 'images' ? 'arrow-images' : 'parquet-images');
  const data = await openImages(source);
  expect(data.description).toMatchObject({
    labels: ['red', 'blue'],
    image: { height: 4, width: 6, channels: 3 },
    splits: [{ name: 'train' }, { name: 'test' }],
    problems: [],
  });
  const found = new Set<number>();
  for (const split of ['train', 'test'] as const) {
    const images = data.split(split);
    for (let index = 0; index < images.count; index++) {
      const [red = -1, , blue] = await images.pixels(index);
      expect(images.labels[index]).toBe(blue === 255 ? 1 : 0);
      found.add(red);
    }
  }
  expect([...found].sort((one, other) => one - other)).toEqual([0, 40, 80, 120, 160, 200]);
  data.close();
});
