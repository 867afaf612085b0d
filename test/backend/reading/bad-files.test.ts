import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { answersTo, badFiles, type Known } from '../../campaigns/bombs/bad-files/ask.ts';
import { llamaResources } from '../../campaigns/bombs/bad-files/bad-file.ts';
import { closeBackends, type OpenBackend, openBackend, scriptedEngine, temporaryFolder } from '../support.ts';

/** Checks the messages of the cheap files among those that `npm run test:long` measures, on this thread. */
const cheap = badFiles.filter(({ isHeavy }) => isHeavy !== true);
const startEngine = scriptedEngine(() => new Promise(() => undefined));
let backend: OpenBackend;
let known: Known;

beforeAll(async () => {
  backend = await openBackend({ startEngine, resourcesDirectory: llamaResources(temporaryFolder()) });
  const texts = join(temporaryFolder(), 'texts.csv');
  writeFileSync(texts, `text,label\n${Array.from({ length: 20 }, (_, at) => `some text ${at},${at % 2}\n`).join('')}`);
  known = { texts: (await backend.handle('datasets.add', { path: texts })).id };
});
afterAll(closeBackends);

test.runIf(process.platform !== 'win32').each(cheap)('$name', async (file) => {
  const folder = join(temporaryFolder(), 'bad');
  mkdirSync(folder);
  const given = await file.make(folder);
  expect(await answersTo(file, given, (name, input) => backend.handle(name, input), known)).toMatch(file.says);
});
