import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { datasetRecordSchema } from '../../src-shared/domain/data/dataset.ts';
import { commandFiles, trained } from './commands-support.ts';

const { coto, folder, json } = commandFiles();

function written(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const asLines = (rows: readonly object[]) => rows.map((row) => JSON.stringify(row)).join('\n');
const table = (separator: string) =>
  `text${separator}label\n${Array.from({ length: 40 }, (_, at) => `${at === 5 ? '"' : ''}text ${at}${separator}${at % 2 ? 'x' : 'y'}\n`).join('')}`;

test('datasets add rejects a file that would lose most of its rows, and adds it on request', async () => {
  const rows = Array.from({ length: 10 }, (_, at) => ({ text: `text ${at}`, label: at === 0 ? 'x' : null }));
  const path = written('nine-of-ten.jsonl', asLines(rows));
  const refused = await coto(['datasets', 'add', path]);
  expect(refused.code).not.toBe(0);
  expect(refused.err).toContain('9 of its 10 rows cannot be used');
  expect(refused.err).toContain('first row 2: label is missing');
  expect(refused.err).toContain('leave them out (skip_faulty_rows=true)');
  const added = await json(datasetRecordSchema, ['datasets', 'add', path, '--set', 'skip_faulty_rows=true']);
  expect(added.description.text).toMatchObject({ rowCount: 10, faultyRows: 9 });
});

test('datasets add reads a lone quotation mark of a TSV as text, and counts the lines that one of a CSV swallows', async () => {
  const { description } = await json(datasetRecordSchema, ['datasets', 'add', written('lone.tsv', table('\t'))]);
  expect(description.text).toMatchObject({ rowCount: 40, faultyRows: 0 });
  const { code, err } = await coto(['datasets', 'add', written('lone.csv', table(','))]);
  expect(code).not.toBe(0);
  expect(err).toContain('35 of its 40 rows cannot be used');
  expect(err).toContain('opens a quotation mark that is never closed and swallows 34 more lines');
});

test('datasets add refuses content without a role, and shows the use of every column and row once it is answered', async () => {
  const note = 'This is more than a few words';
  const rows = Array.from({ length: 10 }, (_, at) => ({ id: at, text: `text ${at}`, label: at % 2 ? 'x' : 'y', note }));
  const path = written('content.jsonl', asLines(rows));
  const refused = await coto(['datasets', 'add', path]);
  expect(refused.code).not.toBe(0);
  expect(refused.err).toContain(`note ("${note}") looks like content and has no role`);
  expect(refused.err).toContain('leave it out with unused_columns="note"');
  const added = await coto(['datasets', 'add', path, '--set', 'unused_columns=note']);
  expect(added.code).toBe(0);
  expect(added.err).toMatch(/column id +used +id\n/);
  expect(added.err).toMatch(/column note +unused +left out as requested\n/);
  expect(added.err).toMatch(/10 rows +read +\d train, \d test\n/);
  expect(added.out).not.toContain('left out as requested');
});

const turns = (answer: object) => ({
  messages: [
    { role: 'user', content: 'Where is it?' },
    { role: 'assistant', content: 'Paris.', ...answer },
    { role: 'user', content: 'And the other?' },
    { role: 'assistant', content: 'Rome.' },
  ],
});

test('a language model with its head saved whole is trained, evaluated, merged and exported', async () => {
  await coto([
    'datasets',
    'add',
    written('talks.jsonl', asLines(Array(8).fill(turns({ weight: 0 })))),
    '--name',
    'talks',
  ]);
  const shown = await coto(['datasets', 'preview', 'talks', '--limit', '1', '--model', 'small-llama']);
  expect(shown.out).toContain('assistant (not in the loss): Paris.');
  expect(shown.err).toMatch(/\d answers have weight 0 or train false and are not in the loss\./);
  const settings = ['model=small-llama', 'dataset=talks', 'max_steps=1', 'adapter.r=2'];
  const all = ['k_proj', 'v_proj', 'o_proj', 'gate_proj', 'up_proj', 'down_proj', 'embed_tokens', 'lm_head'];
  for (const saved of [['lm_head'], all]) {
    const name = `saved-${saved.length}`;
    const run = ['train', '--name', name, '--set', ...settings, 'adapter.target_modules=[q_proj]'];
    const { code, out, err } = await coto([...run, `adapter.modules_to_save=[${saved.join()}]`, '--json']);
    expect([err.match(/^coto:.*/m), code]).toEqual([null, 0]);
    expect(err).toContain('have weight 0 or train false and are not in the loss.');
    const { run: done, adapter } = trained.parse(JSON.parse(out));
    expect(done.status).toBe('completed');
    expect(adapter?.modulesToSave).toEqual(saved);
    for (const words of [
      ['eval', '--adapter', name, '--dataset', 'talks'],
      ['export', '--adapter', name, '--to', 'peft', '--out', join(folder, `${name}-peft`)],
      ['merge', '--adapters', name, name, '--method', 'weight-average', '--name', `${name}-twice`],
    ]) {
      const ended = await coto(words);
      expect([words.join(' '), ended.err.match(/^coto:.*/m), ended.code]).toEqual([words.join(' '), null, 0]);
    }
    const whole = await coto(['export', '--adapter', name, '--to', 'merged', '--out', join(folder, `${name}-merged`)]);
    expect([whole.err.match(/^coto:.*/m), whole.code]).toEqual([null, 0]);
    const config: unknown = JSON.parse(readFileSync(join(folder, `${name}-merged`, 'config.json'), 'utf8'));
    expect(config).toMatchObject({ tie_word_embeddings: false });
  }
});

test('train rejects data of which the template leaves out most answers', async () => {
  const calls = {
    content: '',
    tool_calls: [{ type: 'function', function: { name: 'find', arguments: { place: 'it' } } }],
  };
  const rows = Array(8).fill({ messages: [...turns(calls).messages.slice(0, 2), { role: 'tool', content: 'there' }] });
  await coto(['datasets', 'add', written('calls.jsonl', asLines(rows)), '--name', 'calls']);
  const { code, err } = await coto(['train', '--set', 'model=small-llama', 'dataset=calls', 'max_steps=1']);
  expect(code).not.toBe(0);
  expect(err).toMatch(/The chat template leaves out (\d+) of \1 answers, so the loss has none of their tokens\./);
  expect(err).toMatch(/leaves out (\d+) of the \1 answers in the training split/);
});
