import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { describeDatasetCached } from '../../../../src-main/backend/library/datasets/datasets.ts';
import { describeDataset } from '../../../../src-main/backend/library/datasets/describe-dataset.ts';
import { openStore } from '../../../../src-main/store/open-store.ts';

const folder = mkdtempSync(join(tmpdir(), 'coto-kept-'));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('two datasets of one file, by their options, are each read once', async () => {
  const path = join(folder, 'words.csv');
  writeFileSync(path, `text,label\n${'good,yes\nbad,no\n'.repeat(10)}`);
  const store = openStore(':memory:');
  const plain = { reader: 'csv', path, options: {} };
  const description = await describeDataset(plain);
  const sources = ['train', 'test'].map((split) => ({ ...plain, options: { split } }));
  let readings = 0;
  for (let start = 0; start < 2; start++)
    for (const source of sources)
      await describeDatasetCached(store, source, async () => {
        readings++;
        return description;
      });
  store.close();
  expect(readings).toBe(2);
});
