import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, test } from 'vitest';
import { z } from 'zod';

const root = fileURLToPath(new URL('../..', import.meta.url));
const { layers, slices } = z
  .object({
    layers: z.custom<() => Map<string, string[] | null>>((value) => typeof value === 'function'),
    slices: z.record(z.string(), z.object({ order: z.array(z.string()), exceptions: z.array(z.string()) })),
  })
  .parse(createRequire(import.meta.url)('../../.dependency-cruiser-layers.cjs'));

/** Counts of each layer; they may only shrink. */
const counts: Readonly<Record<string, Counts>> = {
  'src-main/backend': { upwardArrows: 1, twoWayPairs: 1, againstTheGrain: 2 },
  'src-main/engine': { upwardArrows: 0, twoWayPairs: 0, againstTheGrain: 0 },
  'src-main/engine/adapters': { upwardArrows: 0, twoWayPairs: 0, againstTheGrain: 0 },
  'src-main/engine/studies': { upwardArrows: 0, twoWayPairs: 0, againstTheGrain: 0 },
};

interface Import {
  readonly from: string;
  readonly to: string;
}

interface Counts {
  /** Pairs of folders of which the lower one imports the higher one. */
  readonly upwardArrows: number;
  /** Pairs of folders that import each other. */
  readonly twoWayPairs: number;
  /** Imports in the rarer direction of those pairs. */
  readonly againstTheGrain: number;
}

const imports = execFileSync('git', ['ls-files', '-z', 'src-main', 'src-shared', 'src-renderer'], {
  cwd: root,
  encoding: 'utf8',
})
  .split('\0')
  .filter((file) => /\.tsx?$/.test(file))
  .flatMap(importsOf)
  .filter(({ to }) => /^(src-|bench\/)/.test(to));

test('the table of layers names every folder that a layer imports, and no other', () => {
  const named = [...layers()].flatMap(([folder, allowed]) => (allowed ?? []).map((one) => `${folder} > ${one}`));
  const found = imports
    .map(({ from, to }) => [layerOf(from), layerOf(to)] as const)
    .filter(([from, to]) => from !== to);
  expect([...new Set(found.map((pair) => pair.join(' > ')))].sort()).toEqual(named.sort());
});

describe.each(Object.entries(slices))('the folders of %s', (layer, { order, exceptions }) => {
  const own = imports
    .filter(({ from, to }) => from.startsWith(`${layer}/`) && to.startsWith(`${layer}/`))
    .map(({ from, to }) => ({ from: from.slice(layer.length + 1), to: to.slice(layer.length + 1) }))
    .filter(({ from, to }) => sliceOf(from) !== sliceOf(to));
  const place = ({ from, to }: Import): number => order.indexOf(sliceOf(from)) - order.indexOf(sliceOf(to));

  it('have a place in the order', () => {
    const entries = readdirSync(join(root, layer)).filter((entry) => !entry.includes('.') || entry.endsWith('.ts'));
    expect(entries.sort()).toEqual([...order].sort());
  });

  it('import lower folders, except for those that are listed', () => {
    const upward = own.filter((one) => place(one) < 0).map(({ from, to }) => `${from} > ${sliceOf(to)}`);
    expect([...new Set(upward)].sort()).toEqual([...exceptions].sort());
  });

  it('have the recorded number of arrows against the order', () => {
    expect(count(own, (one) => place(one) < 0)).toEqual(counts[layer]);
  });
});

function count(own: readonly Import[], isUpward: (one: Import) => boolean): Counts {
  const arrows = Map.groupBy(own, ({ from, to }) => `${sliceOf(from)} ${sliceOf(to)}`);
  const pairs = [...arrows].flatMap(([arrow, there]) => {
    const back = arrows.get(arrow.split(' ').reverse().join(' '))?.length ?? 0;
    return back === 0 ? [] : Math.min(there.length, back);
  });
  return {
    upwardArrows: new Set(own.filter(isUpward).map(({ from, to }) => `${sliceOf(from)} ${sliceOf(to)}`)).size,
    twoWayPairs: pairs.length / 2,
    againstTheGrain: pairs.reduce((sum, least) => sum + least, 0) / 2,
  };
}

/** Returns the relative imports of a file, of types too, by paths from the root. */
function importsOf(file: string): Import[] {
  const source = readFileSync(join(root, file), 'utf8');
  const paths = [
    ...source.matchAll(/^(?:import|export|\}) [^;'"]*?from '(\.[^']+)'|^import '(\.[^']+)'|import\('(\.[^']+)'\)/gm),
  ];
  return paths.map(([, from, alone, late]) => ({
    from: file,
    to: normalize(join(dirname(file), from ?? alone ?? late ?? '')),
  }));
}

/** Returns the first folder below a layer, or the file that lies in the layer itself. */
function sliceOf(path: string): string {
  return path.split('/')[0] ?? path;
}

function layerOf(path: string): string {
  return path.split('/', path.startsWith('src-main/') ? 2 : 1).join('/');
}
