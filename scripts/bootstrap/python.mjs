import { execFile, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { log } from './log.mjs';
import { cacheFolder } from './paths.mjs';

const installTimeout = 20 * 60_000;
const windows = process.platform === 'win32';

/**
 * Peers for comparisons, each in an environment of its own.
 * @typedef {object} Environment
 * @property {string} name of its folder in the cache
 * @property {string} what it is called before people
 * @property {string[]} packages of PyPI
 * @property {string} check a program that succeeds where the packages are there
 * @property {string} variable of the process's environment, which may name a Python that has them already
 */

/** @type {Environment} */
export const pytorch = {
  name: 'pytorch',
  what: 'PyTorch',
  packages: ['torch'],
  check: 'import torch',
  variable: 'COTO_BENCH_PYTHON',
};
/** @type {Environment} */
export const peers = {
  name: 'peers',
  what: 'Transformers and PEFT',
  packages: [
    'torch',
    'transformers==5.24.0',
    'peft==0.21.2',
    'safetensors',
    'accelerate',
    'pillow',
    'tensorboard==2.21.0',
    'sentencepiece==0.2.3',
  ],
  check: 'import torch, transformers, peft, safetensors, accelerate, PIL, tensorboard, sentencepiece',
  variable: 'COTO_PEERS_PYTHON',
};

/** @type {Environment} */
export const adapterPeers = {
  name: 'adapter-peers',
  what: "diffusers, LyCORIS, mlx-lm, gguf and Ollama's client",
  packages: [
    ...peers.packages,
    'diffusers==0.42.1',
    'lycoris-lora==4.1.3',
    'mlx[cpu]==0.32.4',
    'mlx-lm==0.32.2',
    'gguf==0.19.0',
    // Later versions leave Modelfiles to the server.
    'ollama==0.4.5',
  ],
  check: 'import torch, peft, diffusers, lycoris, mlx.core, mlx_lm, gguf, ollama',
  variable: 'COTO_ADAPTER_PEERS_PYTHON',
};

/** @type {Environment} */
export const bitsandbytes = {
  name: 'bitsandbytes',
  what: 'bitsandbytes',
  packages: [...peers.packages, 'bitsandbytes==0.48.2'],
  check: 'import torch, transformers, bitsandbytes',
  variable: 'COTO_BITSANDBYTES_PYTHON',
};

/** @type {Environment} */
export const trackio = {
  name: 'trackio',
  what: 'Trackio',
  packages: ['trackio==0.43.0'],
  check: 'import trackio',
  variable: 'COTO_TRACKIO_PYTHON',
};

/** @type {Environment} */
export const openaiClient = {
  name: 'openai-client',
  what: "OpenAI's client",
  packages: ['openai==3.57.0'],
  check: 'import openai',
  variable: 'COTO_OPENAI_PYTHON',
};

/** @type {Environment} */
export const zoo = {
  name: 'zoo',
  what: 'pandas, pyarrow, polars, duckdb and datasets',
  packages: [
    'pandas==3.1.1',
    'pyarrow==26.0.1',
    'polars==2.1.0',
    'duckdb==2.0.1',
    'datasets==5.2.0',
    'openpyxl==3.1.5',
    'pillow',
  ],
  check: 'import pandas, pyarrow, polars, duckdb, datasets, openpyxl, PIL',
  variable: 'COTO_ZOO_PYTHON',
};

/** @type {Environment} */
export const lmEval = {
  name: 'lm-eval',
  what: 'lm-eval',
  packages: ['torch', 'transformers==5.24.0', 'peft==0.21.2', 'accelerate', 'lm_eval==0.4.13'],
  check: 'import torch, transformers, peft, accelerate, lm_eval.evaluator',
  variable: 'COTO_LM_EVAL_PYTHON',
};

/** @type {Environment} */
export const sentenceTransformers = {
  name: 'sentence-transformers',
  what: 'sentence-transformers',
  packages: ['torch', 'transformers==5.24.0', 'peft==0.21.2', 'sentence-transformers==6.2.0'],
  check: 'import torch, transformers, peft, sentence_transformers',
  variable: 'COTO_SENTENCE_PYTHON',
};

/** @param {Environment} environment */
function placeOf({ name }) {
  const folder = join(cacheFolder(), name);
  return {
    folder,
    python: windows ? join(folder, 'Scripts', 'python.exe') : join(folder, 'bin', 'python'),
    complete: join(folder, 'complete'),
  };
}

/**
 * The Python of an environment that is there already, or null: what its variable names, or what was made earlier.
 * @param {Environment} environment
 */
export function findPython(environment) {
  const named = process.env[environment.variable];
  if (named) return named;
  const { python, complete } = placeOf(environment);
  return existsSync(complete) && existsSync(python) ? python : null;
}

/**
 * A Python with an environment's packages, made in the cache folder where it is missing: `{ python }`, or `{ reason }` why
 * there is none. Nothing of the machine's own Python is touched.
 * @param {Environment} environment
 * @returns {Promise<{ python: string } | { reason: string }>}
 */
export async function ensurePython(environment) {
  const { folder, python, complete } = placeOf(environment);
  const { what, packages, check } = environment;
  const wanted = packages.join('\n');
  const found = findPython(environment);
  const isOwn = found === python;
  if (found !== null && (!isOwn || readFileSync(complete, 'utf8') === wanted)) return { python: found };
  // One that was made for an older list of packages is brought up to date, if it lacks one.
  if (isOwn && spawnSync(python, ['-c', check], { stdio: 'ignore' }).status === 0) {
    writeFileSync(complete, wanted);
    return { python };
  }
  const own = windows ? 'python' : 'python3';
  /** @param {string[]} args */
  const has = (args) => spawnSync(own, args, { stdio: 'ignore' }).status === 0;
  if (!has(['--version'])) return { reason: `${own} was not found, so there is no ${what} to compare with.` };
  if (!has(['-m', 'pip', '--version']) || !has(['-m', 'venv', '--help']))
    return { reason: `${own} has no pip or no venv, so ${what} could not be installed.` };
  log(`installing ${what} for the comparison into ${folder} (once)`);
  if (!isOwn) rmSync(folder, { recursive: true, force: true });
  /** @type {[string, string[]][]} */
  const steps = [
    ...(isOwn ? [] : [/** @type {[string, string[]]} */ ([own, ['-m', 'venv', folder]])]),
    [python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...packages]],
    [python, ['-c', check]],
  ];
  for (const [command, args] of steps) {
    try {
      await promisify(execFile)(command, args, { timeout: installTimeout });
    } catch (error) {
      const { stderr = '', message = 'it ended early' } = /** @type {{ stderr?: string, message?: string }} */ (error);
      const words = stderr.trim().split('\n').at(-1) || message;
      if (!isOwn) rmSync(folder, { recursive: true, force: true });
      return { reason: `${what} could not be installed by pip: ${words}` };
    }
  }
  writeFileSync(complete, wanted);
  return { python };
}
