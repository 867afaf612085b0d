import { cpSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { datasetContent } from '../../../../src-main/backend/library/datasets/dataset-content.ts';
import type { DatasetSource } from '../../../../src-shared/domain/data/dataset.ts';
import { temporaryFolder } from '../../support.ts';

const of = (path: string, bundled: boolean, options: DatasetSource['options'] = {}) =>
  datasetContent({ source: { reader: 'csv', path, options }, bundled });

function folders() {
  const one = temporaryFolder();
  const other = join(temporaryFolder(), 'data');
  writeFileSync(join(one, 'rows.csv'), 'text,label\na,b\n');
  cpSync(one, other, { recursive: true });
  utimesSync(join(other, 'rows.csv'), 0, 0);
  return { one, other };
}

test('a bundled dataset is the same wherever the app has it', async () => {
  const { one, other } = folders();
  expect(await of(other, true)).toBe(await of(one, true));
  expect(await of(other, true, { test_file: 'x' })).not.toBe(await of(one, true));
  writeFileSync(join(other, 'rows.csv'), 'text,label\na,c\n');
  expect(await of(other, true)).not.toBe(await of(one, true));
});

test('a dataset of one’s own is known by place, names, sizes and times', async () => {
  const { one, other } = folders();
  expect(await of(one, false)).toBe(await of(one, false));
  expect(await of(other, false)).not.toBe(await of(one, false));
});
