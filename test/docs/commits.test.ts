import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'coto-commits-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the hook commit-msg', () => {
  const check = (message: string) => {
    const file = join(folder, 'COMMIT_EDITMSG');
    writeFileSync(file, message);
    return spawnSync(join(root, '.githooks/commit-msg'), [file], { cwd: root, encoding: 'utf8' });
  };

  it.each([
    'Add a field to errors',
    'Fix CSV files with a BOM losing their first column\n\nThe reader kept it in the name of the column.',
    'Speed up reading Parquet files',
    `Test ${'é'.repeat(67)}`,
    '# Comments are not part of the message\n\nMove the golden generators',
    'Revert "Add a field to errors"',
    'fixup! Add a field to errors',
  ])('accepts "%s"', (message) => {
    expect(check(message)).toMatchObject({ status: 0, stderr: '' });
  });

  it.each([
    ['Improve the docs', /starts with "Improve"\. Start with one of: Add, Fix,/],
    ['Adding a field', /starts with "Adding"/],
    ['fix a typo', /starts with "fix"/],
    [`Test ${'é'.repeat(68)}`, /73 characters\. Shorten it to at most 72/],
  ])('rejects "%s"', (message, problem) => {
    const { status, stderr } = check(message);
    expect(status).toBe(1);
    expect(stderr).toMatch(problem);
  });
});

/** The check of the hook pre-commit, in a repository with this one's settings and packages. */
describe('the check of staged files', () => {
  const clone = join(folder, 'clone');
  const git = (...args: string[]) => execFileSync('git', args, { cwd: clone, encoding: 'utf8' });
  const stage = (file: string, text: string) => {
    writeFileSync(join(clone, file), text);
    git('add', file);
  };
  const check = () =>
    spawnSync(process.execPath, [join(clone, 'scripts/tasks/check-staged.mjs')], { cwd: clone, encoding: 'utf8' });

  beforeAll(() => {
    for (const part of ['src-shared', 'src-main']) mkdirSync(join(clone, part), { recursive: true });
    // The rules of the layers are made of a table in the docs.
    const files = readdirSync(root).filter((file) => /^(\.dependency-cruiser|biome|package\.json)/.test(file));
    for (const part of [...files, 'scripts', 'docs/development'])
      cpSync(join(root, part), join(clone, part), { recursive: true });
    symlinkSync(join(root, 'node_modules'), join(clone, 'node_modules'));
    git('init', '-q');
    writeFileSync(join(clone, 'src-main/untidy.ts'), 'export const  untidy = "left alone"\n');
  });

  it('accepts tidy files, whatever others hold', () => {
    stage('src-shared/tidy.ts', "export const tidy = 'yes';\n");
    expect(check()).toMatchObject({ status: 0 });
  });

  it('rejects a staged file that is not formatted, and names it', () => {
    stage('src-shared/tidy.ts', 'export const  tidy = "no"\n');
    const { status, stdout, stderr } = check();
    expect(status).toBe(1);
    expect(stdout + stderr).toContain('src-shared/tidy.ts');
    expect(stdout + stderr).not.toContain('untidy');
    stage('src-shared/tidy.ts', "export const tidy = 'yes';\n");
  });

  it('rejects an import from a layer above', () => {
    writeFileSync(join(clone, 'src-main/above.ts'), "export const above = 'main';\n");
    stage('src-shared/below.ts', "export { above } from '../src-main/above.ts';\n");
    const { status, stdout, stderr } = check();
    expect(status).toBe(1);
    expect(stdout + stderr).toMatch(/src-shared\/below\.ts → *\n? *src-main\/above\.ts/);
  });
});
