import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { commandFiles, trained } from './commands-support.ts';

const { coto, file, folder, json, writeBlobs, writeRun } = commandFiles();

const answer = z.object({ id: z.string(), name: z.string(), path: z.string(), written: z.string().nullable() });
let run = '';
beforeAll(async () => {
  writeBlobs();
  writeRun();
  run = (await json(trained, ['train', file, '--name', 'blobs', '--set', 'eval_steps=3'])).run.id;
});

test('writes a report of a run as the window does, in the format that the file names', async () => {
  const out = (ending: string) => join(folder, `blobs.${ending}`);
  const report = await json(answer, ['report', 'blobs', '--name', 'Of blobs', '--note', 'Why.', '--out', out('html')]);
  expect(report).toMatchObject({ name: 'Of blobs', written: out('html') });
  const page = readFileSync(out('html'), 'utf8');
  expect(page).toBe(readFileSync(report.path, 'utf8'));
  expect(page).toContain('<p class="note">Why.</p>');
  // The samples of its evaluations.
  expect(page).toMatch(/<th>Step 3<\/th><th>Step 6<\/th>[\s\S]*data:image\/png/);
  const { code } = await coto(['report', run, '--sections', 'setup', '--out', out('md')]);
  expect(code).toBe(0);
  const text = readFileSync(out('md'), 'utf8');
  expect(text).toContain('## Setup');
  expect(text).not.toContain('## Samples');
  await coto(['report', run, '--out', out('json')]);
  expect(JSON.parse(readFileSync(out('json'), 'utf8'))).toMatchObject({ runs: [{ id: run }] });
});

const wrong: [string, string[], RegExp][] = [
  ['nothing to report', [], /^coto: A report needs at least one run or study/],
  [
    'a PDF',
    ['blobs', '--out', 'blobs.pdf'],
    /^coto: PDFs and figures are made by Electron, which did not do so: there is none here\. Export the report or the figures/,
  ],
  ['a PDF beside', ['blobs', '--pdf'], /^coto: PDFs and figures are made by Electron/],
  ['another format', ['blobs', '--out', 'blobs.docx'], /^coto: blobs\.docx ends in \.docx/],
  ['no format', ['blobs', '--out', 'blobs'], /^coto: blobs ends in nothing that names a format/],
  ['no run', ['nothing'], /^coto: There is no run "nothing"/],
  ['no study', ['blobs', '--study', 'nothing'], /^coto: There is no study "nothing"/],
];
test.each(wrong)('says what is wrong, and writes nothing: %s', async (_, words, message) => {
  const { code, err } = await coto(['report', ...words]);
  expect(code).toBe(1);
  expect(err).toMatch(message);
  expect(existsSync('blobs.docx')).toBe(false);
});
