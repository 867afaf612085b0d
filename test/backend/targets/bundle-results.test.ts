import { appendFileSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { failureOf, ProgressTails, readResults } from '../../../src-main/backend/targets/bundle-results.ts';
import { removeTemporaryFolders, temporaryFolder } from '../support.ts';

afterEach(removeTemporaryFolders);

it('tells results from attempts, failures and what was set aside', async () => {
  const folder = temporaryFolder();
  expect(await readResults(folder)).toEqual({ done: new Set(), failures: new Map(), attempts: new Map() });
  for (const name of ['a', 'b.tmp-1', 'c.refused-2']) mkdirSync(join(folder, 'results', name), { recursive: true });
  writeFileSync(join(folder, 'results', 'b.failed-3.json'), '{"error":{"message":"NaN."}}');
  writeFileSync(join(folder, 'results', 'b.failed-4.json'), '{"err');
  const { done, failures, attempts } = await readResults(folder);
  expect([done, attempts]).toEqual([new Set(['a']), new Map([['b', ['b.tmp-1']]])]);
  expect(await Promise.all((failures.get('b') ?? []).map((name) => failureOf(folder, name)))).toEqual([
    'NaN.',
    'b.failed-4.json cannot be read',
  ]);
});

it('reads progress from where it last ended, also where a line is written in two pieces', async () => {
  const folder = temporaryFolder();
  const own = join(folder, 'results', 'a.tmp-1');
  mkdirSync(own, { recursive: true });
  const tails = new ProgressTails(folder);
  const file = join(own, 'progress.jsonl');
  const read = async () => (await tails.read((await readResults(folder)).attempts)).get('a');
  expect(await read()).toBeUndefined();
  appendFileSync(file, '{"step":1,"steps":9}\nnot json\n{"step":2,');
  expect(await read()).toEqual({ step: 1, steps: 9 });
  appendFileSync(file, '"steps":9}\n');
  expect(await read()).toEqual({ step: 2, steps: 9 });
  expect(await read()).toEqual({ step: 2, steps: 9 });
  renameSync(own, join(folder, 'results', 'a'));
  expect(await read()).toBeUndefined();
});
