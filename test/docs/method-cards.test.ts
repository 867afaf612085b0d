import { spawnSync } from 'node:child_process';
import { appendFileSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { modelFamilies } from '../../src-main/engine/models/families.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

function check(...args: string[]) {
  const { status, stderr } = spawnSync(
    process.execPath,
    [join(root, 'scripts/make-method-cards.mjs'), '--check', ...args],
    { encoding: 'utf8' },
  );
  return { status, stderr };
}

function copyOfCards(): string {
  const folder = mkdtempSync(join(tmpdir(), 'method-cards-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  cpSync(join(root, 'docs', 'methods'), folder, { recursive: true });
  return folder;
}

test('the method cards say what the methods declare', () => {
  expect(check()).toEqual({ status: 0, stderr: '' });
});

test('a card that says another default, one that is missing, and one of no method are found', () => {
  const folder = copyOfCards();
  const card = join(folder, 'pruning/magnitude.md');
  writeFileSync(card, readFileSync(card, 'utf8').replace('| 0.5 |', '| 0.7 |'));
  rmSync(join(folder, 'merging/linear.md'));
  writeFileSync(join(folder, 'merging/no-method.md'), '# None\n');
  const { status, stderr } = check('--docs', folder);
  expect(status).toBe(1);
  expect(stderr).toMatch(/magnitude\.md is not current/);
  expect(stderr).toMatch(/linear\.md has no prose/);
  expect(stderr).toMatch(/no-method\.md is the card of no method/);
});

test('the prose of a card is its writers’ own', () => {
  const folder = copyOfCards();
  appendFileSync(join(folder, 'adapters/lora.md'), '\nOne more sentence.\n');
  expect(check('--docs', folder).status).toBe(0);
});

test('the memory of common bases is current', () => {
  const { status, stderr } = spawnSync(process.execPath, [join(root, 'scripts/make-which-base.mjs'), '--check'], {
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  expect(status).toBe(0);
});

test("the keys of a run's YAML are current", () => {
  const { status, stderr } = spawnSync(process.execPath, [join(root, 'scripts/make-run-keys.mjs'), '--check'], {
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  expect(status).toBe(0);
});

test('the list of supported families is current', () => {
  const { status, stderr } = spawnSync(process.execPath, [join(root, 'scripts/make-model-page.mjs'), '--check'], {
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  expect(status).toBe(0);
});

test('the list of known columns and layouts of data is current', () => {
  const { status, stderr } = spawnSync(process.execPath, [join(root, 'scripts/make-data-layouts.mjs'), '--check'], {
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  expect(status).toBe(0);
});

test('every model family names checkpoints', () => {
  expect(
    modelFamilies.filter(({ declaration }) => !declaration.checkpoints?.length).map(({ modelType }) => modelType),
  ).toEqual([]);
});

test('the support matrix is current', () => {
  const { status, stderr } = spawnSync(process.execPath, [join(root, 'scripts/make-support-matrix.mjs'), '--check'], {
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  expect(status).toBe(0);
});
