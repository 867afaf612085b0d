import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { listCachedModels } from '../../../../src-main/backend/library/huggingface/list-cache.ts';

const cache = mkdtempSync(join(tmpdir(), 'coto-cache-'));
afterAll(() => rmSync(cache, { recursive: true, force: true }));

it.runIf(process.platform !== 'win32')('a pipe or a huge file in the cache holds nothing up', async () => {
  const repository = join(cache, 'models--a--b');
  const snapshot = join(repository, 'snapshots', '0123456789abcdef');
  mkdirSync(snapshot, { recursive: true });
  mkdirSync(join(repository, 'refs'));
  execFileSync('mkfifo', [join(repository, 'refs', 'a-pipe')]);
  writeFileSync(join(repository, 'refs', 'huge'), '0123456789abcdef'.padEnd(100_000));
  writeFileSync(join(snapshot, 'model.safetensors'), 'x');
  writeFileSync(join(snapshot, 'config.json'), JSON.stringify({ model_type: 'llama' }).padEnd((1 << 20) + 1));
  const listed = () => listCachedModels({ HF_HUB_CACHE: cache });
  expect(await listed()).toMatchObject([{ repository: 'a/b', revision: '01234567', modelType: null }]);
  writeFileSync(join(repository, 'refs', 'main'), '0123456789abcdef\n');
  writeFileSync(join(snapshot, 'config.json'), JSON.stringify({ model_type: 'llama' }));
  expect(await listed()).toMatchObject([{ revision: 'main', modelType: 'llama' }]);
});
