import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { inspectDataset } from '../../../src-main/engine/data/open-dataset.ts';
import { detectReader } from '../../../src-main/engine/data/readers/index.ts';
import type { TextInspection } from '../../../src-shared/domain/data/dataset.ts';
import type { ParameterValues } from '../../../src-shared/domain/parameters/parameter.ts';

const folder = mkdtempSync(join(tmpdir(), 'coto-preferences-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let files = 0;
async function inspected(rows: readonly object[], options: ParameterValues = {}): Promise<TextInspection> {
  const file = join(folder, `${files++}.jsonl`);
  writeFileSync(file, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  const found = await inspectDataset({ ...(await detectReader(file)), options });
  if (found === null) throw new Error('not a text file');
  return found;
}

function exampleOf({ rows }: TextInspection, at = 0) {
  const row = rows[at];
  if (row?.kind !== 'example') throw new Error(row === undefined ? 'no row' : row.message);
  return row.example;
}

const user = { role: 'user', content: 'What color is the sky?' };
const blue = { role: 'assistant', content: 'It is blue.' };
const green = { role: 'assistant', content: 'It is green.' };

describe('TRL’s shapes of preferences', () => {
  it('with a prompt of their own', async () => {
    const found = await inspected([{ prompt: 'The sky is', chosen: ' blue.', rejected: ' green.' }]);
    expect(found.columns).toMatchObject({ prompt: 'prompt', completion: 'chosen', rejected: 'rejected', label: null });
    expect(found.notes).toEqual([
      'Preference data: prompt in prompt, chosen answer in chosen, rejected answer in rejected.',
    ]);
    expect(exampleOf(found)).toMatchObject({ prompt: 'The sky is', completion: ' blue.', rejected: ' green.' });
  });

  it('with the prompt in both answers, as trl.extract_prompt takes it', async () => {
    const found = await inspected([{ chosen: 'The sky is blue.', rejected: 'The sky is green.' }]);
    expect(found.notes).toEqual([
      'Preference data: chosen answer in chosen, rejected answer in rejected; their common beginning is the prompt.',
    ]);
    expect(exampleOf(found)).toMatchObject({ prompt: 'The sky is', completion: ' blue.', rejected: ' green.' });
  });

  it('conversations, with a prompt of their own and without', async () => {
    for (const row of [
      { prompt: [user], chosen: [blue], rejected: [green] },
      { chosen: [user, blue], rejected: [user, green] },
      // Format of UltraFeedback: the prompt appears again as text.
      { prompt: user.content, chosen: [user, blue], rejected: [user, green] },
    ]) {
      const example = exampleOf(await inspected([row]));
      expect(example).toMatchObject({ prompt: null, messages: [user, blue], rejected: [user, green] });
    }
  });

  it('with one answer each and whether it is wanted, as KTO takes them', async () => {
    const found = await inspected([
      { prompt: 'The sky is', completion: ' blue.', label: true },
      { prompt: 'The sky is', completion: ' green.', label: false },
    ]);
    expect(found.columns).toMatchObject({ completion: 'completion', desirable: 'label', label: null });
    expect(found.notes).toEqual(['Answers with a label: label says whether each is wanted.']);
    expect([exampleOf(found, 0).desirable, exampleOf(found, 1).desirable]).toEqual([true, false]);
    const talks = await inspected([
      { prompt: [user], completion: [blue], label: 'True' },
      { prompt: [user], completion: [green], label: 'False' },
    ]);
    expect(exampleOf(talks, 1)).toMatchObject({ messages: [user, green], desirable: false });
  });

  it('in columns that are named, and not where classes are', async () => {
    const rows = [{ q: 'The sky is', good: ' blue.', bad: ' green.' }];
    const named = await inspected(rows, { prompt: 'q', completion: 'good', rejected: 'bad' });
    expect(exampleOf(named)).toMatchObject({ prompt: 'The sky is', completion: ' blue.', rejected: ' green.' });
    const classes = await inspected([
      { prompt: 'a', completion: 'b', label: 'happy' },
      { prompt: 'c', completion: 'd', label: 'sad' },
    ]);
    expect(classes.columns.desirable).toBe(null);
  });
});

describe('a row that cannot be learned from says why, in a sentence', () => {
  const good = { prompt: 'The sky is', chosen: ' blue.', rejected: ' green.' };
  it.each([
    [{ prompt: 'Hello', rejected: 'No' }, /^chosen is missing: /],
    [{ prompt: 'Hello', chosen: 'Yes' }, /^rejected is missing: /],
    [{ prompt: 'Hello', chosen: 'Yes', rejected: 'Yes' }, /^chosen and rejected are the same: /],
    [{ prompt: ' ', chosen: 'Yes', rejected: 'No' }, /^prompt is empty: /],
  ])('%j', async (row, words) => {
    expect((await inspected([good, row])).rows[1]).toMatchObject({
      kind: 'fault',
      message: expect.stringMatching(words),
    });
  });

  it.each([
    [{ chosen: 'Yes', rejected: 'No' }, /^chosen and rejected begin with nothing in common, so there is no prompt: /],
    [
      { chosen: 'The sky', rejected: 'The sky is green.' },
      /^chosen and rejected differ by nothing but an answer that is empty: /,
    ],
  ])('%j', async (row, words) => {
    const { chosen, rejected } = { chosen: 'The sky is blue.', rejected: 'The sky is green.' };
    const found = await inspected([{ chosen, rejected }, row]);
    expect(found.rows[1]).toMatchObject({ kind: 'fault', message: expect.stringMatching(words) });
  });

  it.each([
    [{ chosen: [user, blue], rejected: [user, blue] }, /^chosen and rejected are the same: /],
    [
      { chosen: [blue], rejected: [green] },
      /^chosen and rejected begin with no turn in common, so there is no prompt: /,
    ],
    [{ chosen: [user, blue] }, /^rejected is missing: /],
  ])('%j', async (row, words) => {
    const found = await inspected([{ chosen: [user, blue], rejected: [user, green] }, row]);
    expect(found.rows[1]).toMatchObject({ kind: 'fault', message: expect.stringMatching(words) });
  });

  it.each([
    [{ prompt: 'Hello', completion: 'Yes', label: 'maybe' }, /^label is neither true nor false: /],
    [{ prompt: 'Hello', completion: 'Yes' }, /^label is missing: /],
    [{ prompt: '', completion: 'Yes', label: true }, /^prompt is empty: /],
  ])('%j', async (row, words) => {
    const options = { prompt: 'prompt', completion: 'completion', desirable: 'label' };
    const found = await inspected([{ prompt: 'Hi', completion: 'Hello', label: true }, row], options);
    expect(found.rows[1]).toMatchObject({ kind: 'fault', message: expect.stringMatching(words) });
  });
});
