import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

test('the shell starts without what runs, jobs and adapters are made of', async () => {
  const { metafile } = await build({
    absWorkingDir: root,
    bundle: true,
    platform: 'node',
    packages: 'external',
    format: 'esm',
    splitting: true,
    write: false,
    metafile: true,
    outdir: 'unused',
    define: { BUILD_UPDATES: '{}', BUILD_COMMIT: '""' },
    entryPoints: ['src-main/shell/main.ts'],
  });
  const started = new Set<string>();
  const visit = (path: string): void => {
    if (started.has(path)) return;
    started.add(path);
    for (const { path: next, kind, external } of metafile.inputs[path]?.imports ?? [])
      if (!external && kind !== 'dynamic-import') visit(next);
  };
  visit('src-main/shell/main.ts');
  const domain = [...started].filter((path) => /^src-shared\/(?:domain|studies|results)\//.test(path));
  expect(domain.map((path) => path.replace('src-shared/domain/', '')).sort()).toEqual([
    'app/theme.ts',
    'jobs/job-progress.ts',
  ]);
  expect(started).not.toContain('src-main/shell/updates/feed-updater.ts');
});
