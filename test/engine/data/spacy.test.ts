import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deflateSync, inflateSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { openDataset } from '../../../src-main/engine/data/open-dataset.ts';
import { detectReader } from '../../../src-main/engine/data/readers/index.ts';
import { decodeMessagePack } from '../../../src-main/engine/data/readers/msgpack.ts';
import type { TextExample } from '../../../src-shared/domain/data/dataset.ts';
import { goldenPath } from '../golden.ts';
import { repeatableNumbers, temporaryFolder } from './make-data.ts';

const home = temporaryFolder();

async function read(path: string) {
  const opened = await openDataset({ ...(await detectReader(path)), options: { test_fraction: 0 } });
  if (opened.kind !== 'texts') throw new Error('these are images');
  const examples: TextExample[] = [];
  for await (const example of opened.examples('train')) examples.push(example);
  return { examples, description: await opened.describe() };
}

describe('a DocBin of spaCy', () => {
  test('with entities is words with tags', async () => {
    const { examples, description } = await read(goldenPath('foreign-data', 'entities.spacy'));
    expect(examples.map(({ words, tags }) => [words, tags])).toEqual([
      [
        ['Anna', 'Karenina', 'lives', 'in', 'Moscow', '.'],
        ['B-PERSON', 'I-PERSON', 'O', 'O', 'B-GPE', 'O'],
      ],
      [
        ['Nobody', "'s", 'here', ',', 'it', 'rains', '.'],
        ['O', 'O', 'O', 'O', 'O', 'O', 'O'],
      ],
      [
        ['They', 'left', 'São', 'Paulo', 'and', 'Rome'],
        ['O', 'O', 'B-GPE', 'I-GPE', 'O', 'B-GPE'],
      ],
    ]);
    expect(description.labels).toEqual(['B-GPE', 'B-PERSON', 'I-GPE', 'I-PERSON', 'O']);
    expect(description.text?.accounting?.columns).toMatchObject([
      { name: 'tokens', use: 'used' },
      { name: 'ner_tags', use: 'used' },
    ]);
  });

  test('with one category for each text is classes', async () => {
    const { examples, description } = await read(goldenPath('foreign-data', 'classes.spacy'));
    expect(examples.map(({ text, label }) => [text, label])).toEqual([
      ['It is good,  really', 'POSITIVE'],
      ['It is bad', 'NEGATIVE'],
      ['It is\nfine', 'POSITIVE'],
    ]);
    expect(description.text?.labelKind).toBe('classes');
  });

  test('with several categories for a text is several labels', async () => {
    const { examples } = await read(goldenPath('foreign-data', 'several.spacy'));
    expect(examples.map(({ text, label }) => [text, label])).toEqual([
      ['Go away', ['toxic', 'insult']],
      ['Hello', []],
      ['You', ['insult']],
    ]);
  });

  test('that is damaged is rejected in words', async () => {
    const whole = readFileSync(goldenPath('foreign-data', 'entities.spacy'));
    const unpacked = inflateSync(whole);
    const random = repeatableNumbers(7);
    const path = join(home, 'damaged.spacy');
    for (let round = 0; round < 60; round++) {
      const bytes = Buffer.from(round % 3 === 0 ? whole : unpacked);
      const at = Math.floor(random() * bytes.length);
      bytes[at] = Math.floor(random() * 256);
      const cut = round % 4 === 1 ? bytes.subarray(0, at) : bytes;
      writeFileSync(path, round % 3 === 0 ? cut : deflateSync(cut));
      await read(path).catch((thrown: unknown) => {
        expect(thrown).toMatchObject({ name: 'StudioError', message: expect.stringContaining('damaged.spacy') });
      });
    }
    writeFileSync(path, 'text,label');
    await expect(read(path)).rejects.toThrow('damaged.spacy is not a DocBin of spaCy that is read');
  });
});

describe('MessagePack', () => {
  test.each([
    ['c0', null],
    ['c3', true],
    ['7f', 127],
    ['ff', -1],
    ['ccff', 255],
    ['cd0100', 256],
    ['ce00010000', 65_536],
    ['cfffffffffffffffff', 2n ** 64n - 1n],
    ['d0ff', -1],
    ['d1ff00', -256],
    ['d2ffff0000', -65_536],
    ['ca3fc00000', 1.5],
    ['cb3ff8000000000000', 1.5],
    ['a2c3a9', 'é'],
    ['d9026162', 'ab'],
    ['c4020102', Buffer.from([1, 2])],
    ['93010203', [1, 2, 3]],
    ['dc00020102', [1, 2]],
    ['82a16101a16202', { a: 1, b: 2 }],
    ['de0001a16101', { a: 1 }],
  ])('decodes %s', (hex, value) => {
    expect(decodeMessagePack(Buffer.from(hex, 'hex'))).toEqual(value);
  });

  test.each(['', 'a2c3', '0101', 'd40100', 'c1', 'dd7fffffff', 'df7fffffff', '8101a1', '91'.repeat(40)])(
    'rejects %.12s',
    (hex) => {
      expect(() => decodeMessagePack(Buffer.from(hex, 'hex'))).toThrow();
    },
  );
});
