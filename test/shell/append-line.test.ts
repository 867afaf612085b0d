import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { appendLine } from '../../src-main/shell/append-line.ts';

const folder = mkdtempSync(join(tmpdir(), 'coto-append-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test.each([
  ['', '{"b":2}\n'],
  ['{"a":1}\n', '{"a":1}\n{"b":2}\n'],
  ['{"a":1}', '{"a":1}\n{"b":2}\n'],
])('adds a line behind %j', async (before, after) => {
  const path = join(folder, 'rows.jsonl');
  writeFileSync(path, before);
  await appendLine(path, '{"b":2}\n');
  expect(readFileSync(path, 'utf8')).toBe(after);
});

test('leaves a file of another kind as it is', async () => {
  const path = join(folder, 'rows.json');
  writeFileSync(path, '[{"a":1}]');
  await expect(appendLine(path, '{"b":2}\n')).rejects.toThrow('rows.json is not a JSON Lines file.');
  expect(readFileSync(path, 'utf8')).toBe('[{"a":1}]');
});
