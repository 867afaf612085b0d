import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const page = readFileSync(join(root, 'docs/development/adding.md'), 'utf8');
const rows = [...page.matchAll(/^\| (?!Kind|---)(.+?) \| `(.+?)` \| `(.+?)` \| `(.+?)` \|/gm)].map(
  ([, kind = '', list = '', folder = '', example = '']) => ({ kind, list, folder, example }),
);

/** Files that a module imports values of, from the root of the project. */
function importsOf(list: string): string[] {
  const source = readFileSync(join(root, list), 'utf8');
  return [...source.matchAll(/^(?:import|export) (?!type )[^;]*? from '(\.[^']+)'/gm)].map(([, from = '']) =>
    relative(root, resolve(root, dirname(list), from)),
  );
}

describe.each(rows)('$kind', ({ list, folder, example }) => {
  it('is listed where the page says, file by file', () => {
    expect(existsSync(join(root, list))).toBe(true);
    expect(importsOf(list)).toContain(join(folder, example));
  });

  it('is named by its list alone: every value that the list imports from the folder is used once', () => {
    const source = readFileSync(join(root, list), 'utf8');
    const entries = [...source.matchAll(/^(?:import|export) \{ (\w+)(?: as (\w+))? \} from '(\.[^']+)'/gm)]
      .filter(([, , , from = '']) => resolve(root, folder) === dirname(resolve(root, dirname(list), from)))
      .map(([, name = '', renamed]) => renamed ?? name);
    expect(entries.length).toBeGreaterThan(0);
    // A list of exports names each entry once.
    const uses = /^export \{/m.test(source) ? 1 : 2;
    for (const name of entries)
      expect(source.match(new RegExp(`\\b${name}\\b`, 'g'))?.length, name).toBeGreaterThanOrEqual(uses);
  });
});

test('every list of the code is on the page', () => {
  // Lists of kernels and their checks, and values that nobody adds to.
  const others =
    /\/(webgpu\/kernels|native\/(kernels|manifest\/types)|compute\/index|bench\/conformance|decoder-modules|pre-tokenizers|resample|label-cells)/;
  const lists = sources('src-main').filter(
    (file) =>
      /^export const \w+: readonly [A-Z]\w*\[\] = \[/m.test(readFileSync(join(root, file), 'utf8')) &&
      importsOf(file).some((from) => dirname(from).startsWith(dirname(file))),
  );
  expect(lists.length).toBeGreaterThan(12);
  expect(lists.filter((file) => !page.includes(file) && !others.test(file))).toEqual([]);
});

test('names in the docs exist', () => {
  const pages = ['README.md', 'CONTRIBUTING.md', ...markdown('docs')];
  const missing = pages.flatMap((name) => {
    const text = readFileSync(join(root, name), 'utf8');
    const named = [...text.matchAll(/`((?:src-\w+|test|bench|scripts|docs|assets)\/[\w./-]*)`/g)].map(
      ([, at = '']) => at,
    );
    const linked = [...text.matchAll(/\]\((?!https?:|#)([^)#]+)(?:#[^)]*)?\)/g)].map(([, to = '']) =>
      relative(root, resolve(root, dirname(name), to)),
    );
    return [...named, ...linked].filter((at) => !existsSync(join(root, at))).map((at) => `${name}: ${at}`);
  });
  expect(missing).toEqual([]);
});

function sources(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => join(folder, file));
}

function markdown(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md'))
    .map((file) => join(folder, file));
}
