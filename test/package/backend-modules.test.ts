import { join } from 'node:path';
import { build, type Metafile } from 'esbuild';
import { beforeAll, expect, test } from 'vitest';

const root = join(import.meta.dirname, '../..');
const entry = 'src-main/backend/entry.ts';
let inputs: Metafile['inputs'];

beforeAll(async () => {
  const { metafile } = await build({
    absWorkingDir: root,
    bundle: true,
    write: false,
    metafile: true,
    splitting: true,
    outdir: 'dist',
    platform: 'node',
    format: 'esm',
    packages: 'external',
    define: { BUILD_COMMIT: 'null' },
    entryPoints: [entry, 'src-main/engine/worker.ts'],
  });
  inputs = metafile.inputs;
});

/** The modules and packages that are loaded as the backend starts, each with one that imports it. */
function loadedAtStart(): Map<string, string> {
  const importers = new Map([[entry, '']]);
  for (const file of importers.keys())
    for (const { path, kind, external } of inputs[file]?.imports ?? []) {
      if (kind !== 'import-statement' || importers.has(path)) continue;
      importers.set(path, file);
      // A Map's iteration goes on to what is added to it.
      if (external) importers.set(`package ${path}`, file);
    }
  return importers;
}

/** Modules that only jobs, or a damaged home, need. */
const later = [
  'package @tensorflow/tfjs-backend-wasm',
  'package protobufjs/light.js',
  'src-main/engine/compute/index.ts',
  'src-main/engine/training/training-run.ts',
  'src-main/backend/reports/index.ts',
  'src-main/backend/recovery/adopt-runs.ts',
];

test.each(later)('the backend starts without %s', (path) => {
  const importers = loadedAtStart();
  expect(importers.size).toBeGreaterThan(500);
  expect(importers.get(path)).toBeUndefined();
});

test('modules loaded later exist under that name', () => {
  const named = new Set(Object.values(inputs).flatMap(({ imports }) => imports.map(({ path }) => path)));
  expect(later.filter((path) => !named.has(path.replace('package ', '')))).toEqual([]);
});
