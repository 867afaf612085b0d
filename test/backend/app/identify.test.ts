import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { identify } from '../../../src-main/backend/app/identify.ts';
import { removeTemporaryFolders, temporaryFolder } from '../support.ts';

afterAll(removeTemporaryFolders);
const folder = temporaryFolder();
function write(name: string, text = ''): string {
  const file = join(folder, name);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  return file;
}

test.each([
  ['peft/adapter_config.json', 'adapter'],
  ['mlx/adapters.safetensors', 'adapter'],
  ['base/config.json', 'base'],
  ['logs/events.out.tfevents.1.host', 'runs'],
  ['images/cats/1.png', 'dataset'],
])('a folder with %s is of the kind %s', async (name, kind) => {
  write(name);
  expect(await identify(join(folder, name.split('/')[0] ?? ''))).toEqual({ kind, text: null });
});

test.each([
  ['a.safetensors', 'adapter'],
  ['b.GGUF', 'base'],
  ['trainer_state.json', 'runs'],
  ['rows.jsonl', 'dataset'],
])('the file %s is of the kind %s', async (name, kind) => {
  expect(await identify(write(name))).toEqual({ kind, text: null });
});

test('a YAML file is a run, with its text', async () => {
  const text = 'model: quickdraw-vit';
  expect(await identify(write('mine.coto-run.yaml', text))).toEqual({ kind: 'run', text });
  await expect(identify(write('large.yaml', ' '.repeat(2 ** 20)))).rejects.toMatchObject({ code: 'invalid_file' });
  await expect(identify(join(folder, 'missing.csv'))).rejects.toMatchObject({ code: 'not_found' });
});

test('a YAML file that says a kind is a study, wherever it says so, and its ending says it too', async () => {
  const text = '# A comment.\nname: mine\nkind: ablation\nrun:\n  model: quickdraw-vit\n';
  expect(await identify(write('mine.yaml', text))).toEqual({ kind: 'study', text });
  expect(await identify(write('empty.coto-study.yaml'))).toEqual({ kind: 'study', text: '' });
  const nested = 'model: quickdraw-vit\nadapter:\n  kind: lora\n';
  expect(await identify(write('run.yaml', nested))).toEqual({ kind: 'run', text: nested });
});
