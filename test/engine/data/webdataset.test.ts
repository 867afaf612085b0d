import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { openDataset, openImages } from '../../../src-main/engine/data/open-dataset.ts';
import { detectReader } from '../../../src-main/engine/data/readers/index.ts';
import { goldenPath } from '../golden.ts';
import { repeatableNumbers, temporaryFolder } from './make-data.ts';

const home = temporaryFolder();
const golden = (...names: string[]) => goldenPath('foreign-data', ...names);

async function texts(path: string): Promise<unknown[]> {
  const opened = await openDataset({ ...(await detectReader(path)), options: { test_fraction: 0 } });
  if (opened.kind !== 'texts') throw new Error('these are images');
  const found: unknown[] = [];
  for await (const { id, text, label } of opened.examples('train')) found.push([id, text, label]);
  return found;
}

describe('shards of WebDataset', () => {
  test('with images and classes by number, in a folder of splits', async () => {
    const source = await detectReader(golden('images'));
    expect(source.reader).toBe('webdataset-images');
    const images = await openImages(source);
    expect(images.description).toMatchObject({
      labels: ['0', '1'],
      splits: [
        { name: 'train', perLabel: [2, 2] },
        { name: 'test', perLabel: [1, 1] },
      ],
      problems: [],
    });
    const train = images.split('train');
    for (let index = 0; index < train.count; index++) {
      const [red] = await train.pixels(index);
      expect(train.labels[index]).toBe(red === 0 ? 1 : 0);
    }
  });

  test('with images and classes in JSON', async () => {
    const images = await openImages(await detectReader(golden('classes.tar')));
    expect(images.description.labels).toEqual(['blue', 'red']);
  });

  test('with texts and classes, or with rows as JSON', async () => {
    const rows = [
      ['0000', 'It is good', 'x'],
      ['0001', 'It is bad', 'y'],
      ['0002', 'It is fine', 'x'],
    ];
    expect(await texts(golden('texts.tar'))).toEqual(rows);
    expect(await texts(golden('rows.tar'))).toEqual(rows);
    const packed = join(home, 'texts.tar.gz');
    writeFileSync(packed, gzipSync(readFileSync(golden('texts.tar'))));
    expect(await texts(packed)).toEqual(rows);
  });

  test('with images and captions are rejected by name', async () => {
    await expect(openImages(await detectReader(golden('captions.tar')))).rejects.toThrow(
      'captions.tar has images with texts (text), which no task learns from',
    );
  });

  test('that are damaged are rejected in words', async () => {
    const whole = readFileSync(golden('texts.tar'));
    const path = join(home, 'damaged.tar');
    const random = repeatableNumbers(3);
    for (let round = 0; round < 40; round++) {
      const bytes = Buffer.from(whole.subarray(0, 5 * 1024));
      bytes[Math.floor(random() * 2048)] = Math.floor(random() * 256);
      writeFileSync(path, round % 4 === 0 ? bytes.subarray(0, Math.floor(random() * bytes.length)) : bytes);
      await texts(path).catch((thrown: unknown) => expect(thrown).toMatchObject({ name: 'StudioError' }));
    }
  });

  test('other archives are still to be unpacked', async () => {
    const path = join(home, 'other.tar');
    const header = Buffer.from(readFileSync(golden('texts.tar')).subarray(0, 512));
    header.write('notes.docx\0', 0);
    header.write('        ', 148);
    const sum = header.reduce((total, byte) => total + byte, 0);
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
    writeFileSync(path, Buffer.concat([header, Buffer.alloc(2048)]));
    await expect(detectReader(path)).rejects.toMatchObject({ hint: expect.stringContaining('Unpack it') });
  });
});
