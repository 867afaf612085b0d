// Breaks down a training step's processor time by kernel, and measures the share that oneDNN alone would take for the same products:
// those with frozen weights forward and backward, the head's, LoRA's narrow ones and attention's. Uses the processor time of all
// threads, which hardly changes on a busy machine; the step and oneDNN's products alternate.
// Usage: node_modules/node/bin/node bench/step-products.mjs [workload ...] [--precisions float32 bfloat16] [--threads 2] [--rounds 3]
//   [--folder <of the bases, kept between calls>] [--peer-python <a Python that has torch>]
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { root } from '../scripts/bootstrap/paths.mjs';
import { BenchRunner } from '../src-main/bench/bench-runner.ts';
import { workloads } from '../src-main/bench/workloads/index.ts';
import { activateCompute } from '../src-main/engine/compute/index.ts';
import { NativeBackend } from '../src-main/engine/compute/native/backend.ts';

process.env['COTO_ENGINE_PROCESS'] = 'child';

/**
 * A product m × k by k × n, how often a step makes it, and what of it is computed (1, or a half of causal attention's).
 * @typedef {{ kind: 'linear' | 'head' | 'LoRA' | 'attention', m: number, k: number, n: number, count: number, share: number }} Product
 */

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    precisions: { type: 'string', multiple: true, default: ['float32', 'bfloat16'] },
    threads: { type: 'string', default: String(availableParallelism()) },
    rounds: { type: 'string', default: '3' },
    folder: { type: 'string' },
    'peer-python': { type: 'string' },
  },
});
const rounds = z.coerce.number().int().min(1).parse(options.rounds);
const precisions = z.array(z.enum(['float32', 'bfloat16'])).parse(options.precisions);
const chosen = (positionals.length === 0 ? ['smollm2'] : positionals).map((id) => {
  const found = workloads.find((workload) => workload.id === id);
  if (found === undefined)
    throw new Error(`there is no workload "${id}": ${workloads.map((one) => one.id).join(', ')}`);
  return found;
});

const { device } = await activateCompute('native', z.coerce.number().int().min(1).parse(options.threads));
const backend = tf.backend();
if (!(backend instanceof NativeBackend)) throw new Error('the native backend is not there');
const native = backend;
const kernels = native.kernels;
console.log(`${device}, ${native.addon.threads()} threads\n`);

const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'coto-products-'));
mkdirSync(folder, { recursive: true });
try {
  for (const workload of chosen) for (const precision of precisions) await measure(workload, precision === 'bfloat16');
} finally {
  if (options.folder === undefined) rmSync(folder, { recursive: true });
}

/** @param {import('../src-main/bench/workload.ts').Workload} workload @param {boolean} bfloat16 */
async function measure(workload, bfloat16) {
  const given = { small: false, resources: join(root, 'assets'), folder, bfloat16 };
  const runner = await BenchRunner.load(workload, 'lora', given);
  // The first step packs weights and makes moments.
  await runner.run(null);
  const { products, times } = await recorded(() => runner.run(null));
  /** @type {number[]} */
  const steps = [];
  const alone = products.map(() => /** @type {number[]} */ ([]));
  for (let round = 0; round < rounds; round++) {
    const started = milliseconds();
    await runner.run(null);
    steps.push(milliseconds() - started);
    for (const [at, product] of products.entries()) alone[at]?.push(libraryMilliseconds(product, bfloat16));
  }
  runner.dispose();
  const step = median(steps);
  console.log(`## ${workload.label}, ${bfloat16 ? 'bfloat16' : 'float32'}\n`);
  printKernels(times);
  const peer = options['peer-python'] ? peerMilliseconds(options['peer-python'], products, bfloat16) : null;
  printProducts(products, alone.map(median), peer, step);
}

/**
 * The products of a step and the milliseconds of each kernel.
 * @param {() => Promise<unknown>} run
 */
async function recorded(run) {
  /** @type {Map<string, Product>} */
  const products = new Map();
  /** @type {Map<string, { calls: number, milliseconds: number }>} */
  const times = new Map();
  const watched = new Proxy(kernels, {
    get(target, name) {
      const kernel = Reflect.get(target, name);
      if (typeof kernel !== 'function') return kernel;
      return (/** @type {unknown[]} */ ...given) => {
        for (const product of productsOf(String(name), given)) {
          const key = `${product.kind} ${product.m} ${product.k} ${product.n} ${product.share}`;
          const known = products.get(key);
          products.set(key, { ...product, count: product.count + (known?.count ?? 0) });
        }
        const started = milliseconds();
        const result = Reflect.apply(kernel, target, given);
        const { calls = 0, milliseconds: before = 0 } = times.get(String(name)) ?? {};
        times.set(String(name), { calls: calls + 1, milliseconds: before + milliseconds() - started });
        return result;
      };
    },
  });
  const started = milliseconds();
  Object.defineProperty(native, 'kernels', { value: watched, configurable: true });
  try {
    await run();
  } finally {
    Object.defineProperty(native, 'kernels', { value: kernels, configurable: true });
  }
  const inKernels = [...times.values()].reduce((sum, time) => sum + time.milliseconds, 0);
  times.set('outside kernels', { calls: 0, milliseconds: milliseconds() - started - inKernels });
  return { products: [...products.values()], times };
}

/**
 * The products that a call of a kernel is made of.
 * @param {string} kernel
 * @param {readonly unknown[]} given
 * @returns {Product[]}
 */
function productsOf(kernel, given) {
  /** @type {(kind: Product['kind'], m: number, k: number, n: number, count?: number, share?: number) => Product} */
  const product = (kind, m, k, n, count = 1, share = 1) => ({ kind, m, k, n, count, share });
  const number = z.number();
  if (kernel === 'gemm') {
    const { m, n, k, k2 } = z.object({ m: number, n: number, k: number, k2: number.default(0) }).parse(given[0]);
    return [product('linear', m, k, n), ...(k2 > 0 ? [product('LoRA', m, k2, n)] : [])];
  }
  if (kernel === 'linearCrossEntropy') {
    const { rows, hidden, vocabulary } = z.object({ rows: number, hidden: number, vocabulary: number }).parse(given[0]);
    return [product('head', rows, hidden, vocabulary), product('head', rows, vocabulary, hidden)];
  }
  if (kernel === 'lowRankProduct') {
    const [rows, inputs, rank] = z.tuple([number, number, number]).parse(given.slice(3, 6));
    return [product('LoRA', rows, inputs, rank)];
  }
  if (kernel === 'loraGradient') {
    const sizes = z.object({ rows: number, outputs: number, inputs: number, rank: number });
    const { rows, outputs, inputs, rank } = sizes.parse(given[0]);
    return [
      product('LoRA', rows, outputs, rank),
      product('LoRA', rank, rows, inputs),
      product('LoRA', rank, rows, outputs),
    ];
  }
  if (kernel === 'attention' || kernel === 'attentionGradient') {
    const sizes = z.object({ batch: number, queries: number, tokens: number, heads: number, headSize: number });
    const { batch, queries, tokens, heads, headSize } = sizes.parse(given[0]);
    const share = z.object({ causal: z.boolean() }).parse(given[0]).causal ? 0.5 : 1;
    const count = batch * heads;
    const [scores, sums] = [
      product('attention', queries, headSize, tokens, count, share),
      product('attention', queries, tokens, headSize, count, share),
    ];
    // Backward: the scores again, the gradients of the probabilities, and those of q, k and v.
    return kernel === 'attention' ? [scores, sums] : [scores, scores, sums, sums, sums];
  }
  return [];
}

/**
 * Times one product by the library alone, with its operands packed in that precision beforehand.
 * @param {Product} product
 * @param {boolean} bfloat16
 */
function libraryMilliseconds(product, bfloat16) {
  const { m, k, n } = product;
  const repeats = Math.max(2, Math.min(100, Math.ceil(1e10 / (2 * m * k * n))));
  const timed = (/** @type {number} */ count) => {
    const started = milliseconds();
    kernels.measureLibraryGemm(m, k, n, bfloat16, count);
    return milliseconds() - started;
  };
  // A single call mostly measures the creation of its operands.
  const once = timed(0);
  return Math.max(0, timed(repeats) - once) / repeats;
}

/**
 * @param {string} python
 * @param {readonly Product[]} products
 * @param {boolean} bfloat16
 */
function peerMilliseconds(python, products, bfloat16) {
  const sizes = JSON.stringify(products.map(({ m, k, n }) => [m, k, n]));
  const threads = String(native.addon.threads());
  const program = join(root, 'bench', 'peers', 'products.py');
  const { status, stdout, stderr } = spawnSync(python, [program, sizes, bfloat16 ? 'bfloat16' : 'float32', threads], {
    encoding: 'utf8',
    env: { ...process.env, OMP_WAIT_POLICY: 'passive', OMP_NUM_THREADS: threads },
  });
  if (status !== 0) throw new Error(`PyTorch's products: ${stderr}`);
  return z.array(z.number()).parse(JSON.parse(stdout));
}

/** @param {ReadonlyMap<string, { calls: number, milliseconds: number }>} times */
function printKernels(times) {
  const whole = [...times.values()].reduce((sum, time) => sum + time.milliseconds, 0);
  console.log('| kernel | calls | ms | share |\n|---|---|---|---|');
  for (const [name, time] of [...times].sort(([, one], [, other]) => other.milliseconds - one.milliseconds))
    if (time.milliseconds > 0.002 * whole)
      console.log(
        `| ${name} | ${time.calls} | ${time.milliseconds.toFixed(0)} | ${percent(time.milliseconds / whole)} |`,
      );
  console.log('');
}

/**
 * @param {readonly Product[]} products
 * @param {readonly number[]} alone
 * @param {readonly number[] | null} peer
 * @param {number} step
 */
function printProducts(products, alone, peer, step) {
  /** @type {Map<string, { flops: number, library: number, peer: number }>} */
  const kinds = new Map();
  console.log(`| product | kind | a step | oneDNN, GFLOPS |${peer ? ' PyTorch, GFLOPS |' : ''}`);
  console.log(`|---|---|---|---|${peer ? '---|' : ''}`);
  for (const [at, { kind, m, k, n, count, share }] of products.entries()) {
    const [one, other] = [alone[at] ?? Number.NaN, peer?.[at] ?? Number.NaN];
    const rate = (/** @type {number} */ time) => ((2 * m * k * n) / time / 1e6).toFixed(0);
    const cells = [`${m} × ${k} × ${n}`, kind, `${count}${share < 1 ? ` × ${share}` : ''}`, rate(one)];
    console.log(`| ${[...cells, ...(peer ? [rate(other)] : [])].join(' | ')} |`);
    const { flops = 0, library = 0, peer: sofar = 0 } = kinds.get(kind) ?? {};
    const times = count * share;
    kinds.set(kind, {
      flops: flops + 2 * m * k * n * times,
      library: library + one * times,
      peer: sofar + other * times,
    });
  }
  console.log(`\n| products | 10⁹ operations | oneDNN, ms | of the step |${peer ? ' PyTorch, ms |' : ''}`);
  console.log(`|---|---|---|---|${peer ? '---|' : ''}`);
  const whole = { flops: 0, library: 0, peer: 0 };
  const row = (/** @type {string} */ name, /** @type {typeof whole} */ sum) =>
    console.log(
      `| ${name} | ${(sum.flops / 1e9).toFixed(0)} | ${sum.library.toFixed(0)} | ${percent(sum.library / step)} |${peer ? ` ${sum.peer.toFixed(0)} |` : ''}`,
    );
  for (const [kind, sum] of kinds) {
    row(kind, sum);
    whole.flops += sum.flops;
    whole.library += sum.library;
    whole.peer += sum.peer;
  }
  row('**all**', whole);
  console.log(`\nWhole step: ${step.toFixed(0)} ms.\n`);
}

function milliseconds() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** @param {readonly number[]} numbers */
function median(numbers) {
  const sorted = [...numbers].sort((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** @param {number} share */
function percent(share) {
  return `${(100 * share).toFixed(1)} %`;
}
