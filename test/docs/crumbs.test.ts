import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { basename, dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Small files whose only importer lies beside them and has room for them. The number may only shrink. */
const maxCrumbs = 0;

/** A file is small below this many lines, and full at `fullLines`. */
const smallLines = 60;
const fullLines = 400;

const tracked = execFileSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8', maxBuffer: 2 ** 24 })
  .split('\0')
  .filter((file) => /\.(ts|tsx|mjs|cjs)$/.test(file) && !file.endsWith('.d.ts') && !file.startsWith('test/golden/'));
const files = new Map(tracked.map((file) => [file, readFileSync(join(root, file), 'utf8')]));
const isSource = (file: string): boolean => /^src-(main|renderer|shared)\//.test(file);

test('small files with one user are part of that file', () => {
  const sources = [...files.keys()].filter(isSource);
  expect(sources.length).toBeGreaterThan(1500);
  const users = Map.groupBy(
    [...files].flatMap(([from, source]) => referencesOf(from, source).map((to) => ({ from, to }))),
    ({ to }) => to,
  );
  const crumbs = sources.filter((file) => {
    const [only, ...others] = new Set((users.get(file) ?? []).map(({ from }) => from));
    if (only === undefined || others.length > 0 || dirname(only) !== dirname(file)) return false;
    // A worker is a program of its own.
    if (files.get(only)?.includes(`new URL('./${basename(file)}'`)) return false;
    // Lists name their members, which are files of their own.
    if (basename(only) === 'index.ts' || basename(file) === 'index.ts') return false;
    return linesOf(file) < smallLines && linesOf(file) + linesOf(only) <= fullLines;
  });
  const excess = crumbs.length > maxCrumbs ? crumbs : [];
  expect(excess, 'Move these files into the file that imports them.').toEqual([]);
  expect(crumbs.length, 'Lower maxCrumbs.').toBe(maxCrumbs);
});

/** Lists the files that a file imports or names, by paths from the root of the project. */
function referencesOf(file: string, source: string): string[] {
  const relative = [...source.matchAll(/['"`](\.\.?\/[^'"`\n]+)['"`]/g)].map(([, to = '']) =>
    normalize(join(dirname(file), to)),
  );
  // Scripts name the entries of the build.
  const named = isSource(file) ? [] : [...source.matchAll(/src-(?:main|renderer|shared)\/[\w./-]+\.tsx?/g)];
  return [...relative, ...named.map(([path]) => path)].filter((to) => isSource(to) && files.has(to));
}

function linesOf(file: string): number {
  return files.get(file)?.split('\n').length ?? 0;
}
