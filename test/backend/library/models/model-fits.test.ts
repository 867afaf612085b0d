import { cpSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { goldenPath } from '../../../engine/golden.ts';
import { littleBert } from '../../../engine/tasks/text-task.ts';
import {
  closeBackends,
  type OpenBackend,
  openBackend,
  scriptedEngine,
  temporaryFolder,
  tinyIdx,
} from '../../support.ts';

let backend: OpenBackend;
const ids: Record<string, string> = {};

async function addRows(name: string, text: string): Promise<void> {
  const path = join(temporaryFolder(), name);
  writeFileSync(path, text);
  ids[name] = (await backend.handle('datasets.add', { path })).id;
}

beforeAll(async () => {
  const resources = temporaryFolder();
  cpSync(goldenPath('vit-28', 'base'), join(resources, 'models', 'tiny'), { recursive: true });
  littleBert(join(resources, 'models', 'encoder'));
  littleBert(join(resources, 'models', 'wordless'));
  rmSync(join(resources, 'models', 'wordless', 'tokenizer.json'));
  backend = await openBackend({
    startEngine: scriptedEngine(() => Promise.reject(new Error('nothing is computed here'))),
    resourcesDirectory: resources,
  });
  await addRows('reviews.csv', `text,label\n${'a good film,good\na bad film,bad\n'.repeat(20)}`);
  await addRows('plain.csv', `text\n${Array.from({ length: 40 }, (_, row) => `line ${row}`).join('\n')}\n`);
  ids['images'] = (await backend.handle('datasets.add', { path: tinyIdx() })).id;
});
afterAll(closeBackends);

async function reasons(model: string): Promise<Record<string, string | null>> {
  const { datasets } = await backend.handle('models.fits', { id: model });
  return Object.fromEntries(
    Object.entries(ids).map(([name, id]) => [name, datasets.find((dataset) => dataset.id === id)?.reason ?? null]),
  );
}

it('says of each dataset why a model cannot learn it', async () => {
  const ofText = await reasons('encoder');
  expect(ofText['reviews.csv']).toBeNull();
  expect(ofText['plain.csv']).toMatch(/no text with a label/);
  expect(ofText['images']).toMatch(/reads texts .* but the dataset contains images/);
  const ofImages = await reasons('tiny');
  expect(ofImages['images']).toBeNull();
  expect(ofImages['reviews.csv']).toMatch(/reads images .* but the dataset contains texts/);
});

it('says what is wrong with the tokenizer', async () => {
  expect((await backend.handle('models.fits', { id: 'encoder' })).problem).toBeNull();
  expect((await backend.handle('models.fits', { id: 'wordless' })).problem).toMatch(/tokenizer/);
});
