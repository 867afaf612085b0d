import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const golden = join(root, 'test/golden');
const make = join(golden, 'make');

/** Rows of the table of generators: paths below test/golden, scripts, and what the files were made with. */
const rows = [
  ...readFileSync(join(golden, 'README.md'), 'utf8').matchAll(/^\| (`[^|]+`) \| ([^|]*`make-[^|]+) \| ([^|]+) \|$/gm),
].map(([, paths = '', scripts = '', madeWith = '']) => ({
  paths: quoted(paths),
  scripts: quoted(scripts),
  madeWith: madeWith.trim(),
}));

/** Families that the generator of further families knows: each is a folder. */
const furtherFamilies =
  /^FAMILIES = "([^"]+)"/m.exec(readFileSync(join(make, 'make-further-family-golden.py'), 'utf8'))?.[1]?.split(' ') ??
  [];

const generators = readdirSync(make).filter((name) => /^make-.*\.py$/.test(name));
const files = execFileSync('git', ['ls-files', '-z', '.'], { cwd: golden, encoding: 'utf8', maxBuffer: 2 ** 24 })
  .split('\0')
  .filter((file) => file !== '' && !file.startsWith('make/') && basename(file) !== 'README.md');

function quoted(text: string): string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name);
}

function covers(path: string, file: string): boolean {
  if (path === 'FAMILIES') return furtherFamilies.some((family) => file.startsWith(`${family}/`));
  return path.endsWith('/') ? file.startsWith(path) : file === path;
}

describe('the table of generators', () => {
  it('names a script and its packages for every golden file', () => {
    expect(files.length).toBeGreaterThan(1000);
    expect(files.filter((file) => !rows.some(({ paths }) => paths.some((path) => covers(path, file))))).toEqual([]);
    expect(rows.filter(({ scripts, madeWith }) => scripts.length === 0 || madeWith === '')).toEqual([]);
  });

  it('names no path without files', () => {
    const paths = rows.flatMap((row) => row.paths);
    expect(paths.filter((path) => !files.some((file) => covers(path, file)))).toEqual([]);
  });

  it('names scripts that exist, and every script', () => {
    const named = new Set(rows.flatMap(({ scripts }) => scripts));
    expect([...named].filter((script) => !existsSync(join(make, script)))).toEqual([]);
    expect(generators.filter((script) => !named.has(script))).toEqual([]);
  });
});

describe('the generators', () => {
  it('write into test/golden, or where --out says', () => {
    const astray = generators.filter(
      (script) => !/^from folders import .*OUTPUT/m.test(readFileSync(join(make, script), 'utf8')),
    );
    expect(astray).toEqual([]);
  });

  const hasPython = spawnSync('python3', ['-c', 'pass']).status === 0;
  it.runIf(hasPython)('are valid Python', () => {
    const scripts = readdirSync(make).filter((name) => name.endsWith('.py'));
    const check = 'import sys\nfor name in sys.argv[1:]: compile(open(name, encoding="utf-8").read(), name, "exec")';
    const { status, stderr } = spawnSync('python3', ['-c', check, ...scripts], { cwd: make, encoding: 'utf8' });
    expect(stderr).toBe('');
    expect(status).toBe(0);
  });
});
