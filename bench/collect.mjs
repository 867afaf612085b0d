// Measures the speed of verifying and importing a bundle's results. One run is trained by the worker; the other runs
// are made of it: the same with other seeds, and copies of its result under their own names and hashes. Usage:
// node_modules/node/bin/node bench/collect.mjs [--results 10000] [--folder FOLDER]
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { log } from '../scripts/bootstrap/log.mjs';
import { root } from '../scripts/bootstrap/paths.mjs';
import { createBackend, startEngine } from '../src-main/backend/index.ts';
import { collectedSchema } from '../src-shared/domain/targets/bundle.ts';
import { makeResults } from './made-results.ts';

const { values: options } = parseArgs({
  options: { results: { type: 'string', default: '10000' }, folder: { type: 'string' } },
});
const count = Number(options.results);
const folder = mkdtempSync(join(options.folder ?? tmpdir(), 'coto-collect-'));
const bundle = join(folder, 'bundle');
const model = join(root, 'test/golden/vit-28/base');

/** @param {string} home */
const open = (home) =>
  createBackend({
    home: join(folder, home),
    resourcesDirectory: join(root, 'assets'),
    startEngine,
    takeUpQueue: false,
  });

/** @param {string} what @param {() => Promise<void>} work */
async function timed(what, work) {
  const [wall, cpu] = [performance.now(), process.cpuUsage()];
  await work();
  const seconds = (performance.now() - wall) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  const processor = (user + system) / 1e6;
  log(
    `${what}: ${seconds.toFixed(1)} s (${(count / seconds).toFixed(0)} a second), ` +
      `${processor.toFixed(1)} s of processor (${(count / processor).toFixed(0)} a second)`,
  );
}

/** @param {import('../src-main/backend/index.ts').Backend} backend @param {import('../src-shared/domain/jobs/job.ts').JobRecord} job */
async function finished(backend, job) {
  await backend.idle();
  const { status, error } = await backend.handle('jobs.get', { id: job.id });
  if (status !== 'completed') throw new Error(error?.message ?? status);
}

try {
  const config = {
    kind: 'ablation',
    run: {
      model,
      dataset: 'fashion-mnist-small',
      max_steps: 20,
      eval_samples: 20,
      per_device_train_batch_size: 4,
      compute_backend: 'wasm',
      adapter: { r: 2, target_modules: ['q_proj', 'v_proj'] },
    },
    grid: { coto: [null] },
    seeds: [1],
  };
  const home = await open('home');
  try {
    await home.handle('settings.set', { forgetting: false });
    await finished(home, await home.handle('bundles.write', { config, name: 'Import rate', path: bundle }));
    const worker = await open('worker');
    await worker.handle('bundles.work', { path: bundle, index: 0 });
    await worker.close();
    await timed('make the results', async () => makeResults(bundle, count));
    for (const what of ['collect', 'collect again'])
      await timed(what, async () => {
        const job = await home.handle('bundles.collect', { path: bundle });
        await finished(home, job);
        const { result } = z
          .object({ result: collectedSchema })
          .parse(await home.handle('jobs.result', { id: job.id }));
        log(JSON.stringify({ ...result, missing: result.missing.length, refused: result.refused.slice(0, 3) }));
      });
  } finally {
    await home.close();
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
