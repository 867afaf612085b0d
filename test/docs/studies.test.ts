import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { studyFile } from '../../src-main/backend/index.ts';
import { openStudio, type Studio } from '../../src-main/cli/studio.ts';
import { resolveConfig } from '../../src-main/cli/study-file.ts';
import { parseYaml } from '../../src-main/files/yaml.ts';
import { studyKinds } from '../../src-shared/studies/index.ts';
import { recordingTerminal, temporaryFolder } from '../cli/run-command.ts';

const docs = fileURLToPath(new URL('../../docs', import.meta.url));
const page = readFileSync(join(docs, 'guide/studies.md'), 'utf8');
const files = [...page.matchAll(/```yaml\n(.*?)```/gs)].map(([, text = '']) => ({
  text,
  kind: z.object({ kind: z.string() }).parse(parseYaml(text, 'a block of the page')).kind,
}));
let studio: Studio;

beforeAll(async () => {
  studio = await openStudio(join(temporaryFolder(), 'home'));
});
afterAll(() => studio.close());

it('has a file for every kind of study', () => {
  expect(new Set(files.map(({ kind }) => kind))).toEqual(new Set(studyKinds.map(({ kind }) => kind)));
});

it.each(files)('can be started in a fresh home as it stands: $kind', ({ text }) => expectStart(text));

it.each(['figure-2', 'figure-4'])('makes %s of the paper from one file', (name) =>
  expectStart(readFileSync(join(docs, `results/studies/${name}.yaml`), 'utf8')),
);

async function expectStart(text: string): Promise<void> {
  const { name: _, ...value } = studyFile('studies.md', parseYaml(text, 'studies.md'));
  const config = await resolveConfig(studio.client, 'studies.md', value, recordingTerminal().terminal);
  // All that a study refuses before its start would be refused here.
  const forecast = await studio.client.request('studies.forecast', { config });
  expect(forecast).toMatchObject({ done: 0 });
  expect(forecast.trainings).toBeGreaterThan(0);
  expect(forecast.scores).toBeGreaterThan(0);
}
