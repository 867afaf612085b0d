import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runTools } from '../../../src-main/serve/mcp/tools/runs.ts';
import { adapterFolder, llamaResources } from '../../campaigns/bombs/bad-files/bad-file.ts';
import { closeBackends, type OpenBackend, openBackend, scriptedEngine, temporaryFolder } from '../support.ts';

/** Takes V8 seconds to compile, at the second name that it meets. */
const slow = `${'.?'.repeat(45)}${'.'.repeat(45)}z`;

let backend: OpenBackend;
let run: { readonly model: string; readonly dataset: string };

beforeAll(async () => {
  const startEngine = scriptedEngine(() => new Promise(() => undefined));
  backend = await openBackend({ startEngine, resourcesDirectory: llamaResources(temporaryFolder()) });
  const texts = join(temporaryFolder(), 'texts.csv');
  writeFileSync(texts, `text,label\n${Array.from({ length: 20 }, (_, at) => `some text ${at},${at % 2}\n`).join('')}`);
  run = { model: 'small-llama', dataset: (await backend.handle('datasets.add', { path: texts })).id };
});
afterAll(closeBackends);

const adapters = [
  ['target_modules', { target_modules: slow }],
  ['exclude_modules', { exclude_modules: slow }],
  ['rank_pattern', { rank_pattern: { [slow]: 2 } }],
  ['alpha_pattern', { alpha_pattern: { [slow]: 2 } }],
  ['feedforward_modules', { variant: 'ia3', feedforward_modules: slow }],
] as const;

it.each(adapters)('a run whose %s takes V8 seconds to compile is refused', async (field, adapter) => {
  await expect(backend.handle('runs.create', { config: { ...run, adapter } })).rejects.toThrow(
    new RegExp(`${field}: ".*" is not a usable regular expression \\(it has 45 optional parts`),
  );
});

it.each(adapters)('so is one that an assistant starts (%s)', async (field, adapter) => {
  const tool = runTools.find(({ name }) => name === 'start_run');
  const client = { request: (name: string, input: unknown) => backend.dispatch(name, input) };
  const started = Promise.resolve().then(() => tool?.run(client as never, { config: { ...run, adapter } } as never));
  await expect(started).rejects.toThrow(`${field}: "`);
});

it.each([
  ['rank_pattern', { rank_pattern: { [slow]: 2 } }],
  ['alpha_pattern', { alpha_pattern: { [slow]: 2 } }],
])('so is an adapter whose config has one (%s)', async (field, config) => {
  const folder = join(temporaryFolder(), 'bad');
  mkdirSync(folder);
  const path = adapterFolder(folder, { config });
  await expect(backend.handle('adapters.import', { path, modelId: 'small-llama' })).rejects.toThrow(`${field}: "`);
});
