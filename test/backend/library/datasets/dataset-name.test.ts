import { expect, test } from 'vitest';
import { datasetName } from '../../../../src-main/backend/library/datasets/dataset-name.ts';

test.each([
  ['/data/reviews.csv', 'reviews'],
  ['/data/reviews.2024.csv', 'reviews.2024'],
  ['/data/reviews.csv.gz', 'reviews'],
  ['/data/lines.jsonl.zst', 'lines'],
  ['/data/folder', 'folder'],
  ['/data/.hidden', '.hidden'],
  ['/cache/nyu-mll___glue/sst2/0.0.0/bcdcba79d07bc864c1c254ccfcedcce55bcc9a8c', 'glue sst2'],
  ['/cache/csv/default-b7b814582cca72b1/0.0.0/7067e4b2422ab4b7d61ccf25eb67c03d0df17a52', 'csv default'],
])('%s is called %s', (path, name) => {
  expect(datasetName(path)).toBe(name);
});
