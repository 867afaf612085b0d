import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { listCachedDatasets } from '../../../../src-main/backend/library/huggingface/list-datasets.ts';

const home = mkdtempSync(join(tmpdir(), 'coto-datasets-cache-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));

it('lists what datasets has prepared, and nothing else of its cache', async () => {
  const prepared = (...way: string[]) => {
    const folder = join(home, 'datasets', ...way);
    mkdirSync(folder, { recursive: true });
    return folder;
  };
  const sst2 = prepared('stanfordnlp___sst2', 'default', '0.0.0', 'abc');
  writeFileSync(join(sst2, 'dataset_info.json'), '{}');
  writeFileSync(join(sst2, 'sst2-train.arrow'), 'x'.repeat(10));
  writeFileSync(join(sst2, 'sst2-validation-00000-of-00001.arrow'), 'x'.repeat(5));
  writeFileSync(join(sst2, 'cache-0123.arrow'), 'x'.repeat(100));
  // Not ready, and a file of another kind.
  writeFileSync(join(prepared('csv', 'default', '0.0.0', 'def.incomplete'), 'csv-train.arrow'), 'x');
  writeFileSync(join(home, 'datasets', 'some.lock'), '');
  expect(await listCachedDatasets({ HF_HOME: home })).toEqual([
    { repository: 'stanfordnlp/sst2', configuration: 'default', path: sst2, bytes: 15 },
  ]);
  expect(await listCachedDatasets({ HF_DATASETS_CACHE: join(home, 'none') })).toEqual([]);
});
