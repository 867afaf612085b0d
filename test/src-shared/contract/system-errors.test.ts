import { spawnSync } from 'node:child_process';
import { mkdtempSync, openSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { toErrorValue } from '../../../src-shared/contract/errors.ts';

const folder = mkdtempSync(join(tmpdir(), 'coto-system-errors-'));
const file = join(folder, 'file');
writeFileSync(file, 'text');
symlinkSync(join(folder, 'circle'), join(folder, 'circle'));
const missingProgram = 'coto-no-such-program';
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function errorOf(work: () => unknown) {
  try {
    work();
  } catch (thrown) {
    return toErrorValue(thrown);
  }
  throw new Error('nothing was thrown');
}

test.each([
  ['a missing file', () => readFileSync(join(folder, 'gone')), 'not_found', `${join(folder, 'gone')} does not exist.`],
  ['a missing folder', () => readdirSync(join(folder, 'gone')), 'not_found', `${join(folder, 'gone')} does not exist.`],
  [
    'a file below a file',
    () => openSync(join(file, 'x'), 'r'),
    'not_found',
    /file\/x does not exist: one of its folders/,
  ],
  [
    'a folder instead of a file',
    () => readFileSync(folder),
    'invalid_file',
    /is a folder, not a file\.|The file is a folder/,
  ],
  [
    'a circle of links',
    () => readFileSync(join(folder, 'circle')),
    'invalid_file',
    /circle cannot be opened: its links/,
  ],
  [
    'a missing program',
    () => {
      throw spawnSync(missingProgram).error;
    },
    'not_found',
    `The program ${missingProgram} is not installed.`,
  ],
])('%s is told in a sentence with a way out', (_, work, code, message) => {
  const error = errorOf(work);
  expect(error.code).toBe(code);
  expect(error.message).toMatch(message);
  expect(error.message).not.toMatch(/E[A-Z]{3,}|no such file/);
  expect(error.hint).not.toBeNull();
  // For the log, and behind *Details*.
  expect(error.details).toMatch(/E[A-Z]{3,}/);
});

test('an error of the program itself keeps its own message', () => {
  expect(toErrorValue(new TypeError('x is undefined'))).toMatchObject({ code: 'internal', message: 'x is undefined' });
});
