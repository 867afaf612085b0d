// Measures whole runs with and without CoTo, in turn: loading, every step, the evaluation at the end and saving. Processor time tells
// them apart on a machine that does other work too; elapsed time needs an idle one.
// Usage: node_modules/node/bin/node bench/whole-runs.mjs [--rounds 5] [--variants lora,dora,hira] [--workloads images,texts]
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { log } from '../scripts/bootstrap/log.mjs';
import { root } from '../scripts/bootstrap/paths.mjs';

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    variants: { type: 'string', default: 'lora,dora,hira' },
    workloads: { type: 'string', default: 'images,texts' },
  },
});

/** The runs of docs/results/studies/coto-settled*.yaml. */
const workloads = {
  images: {
    model: 'quickdraw-vit',
    dataset: 'fashion-mnist-small',
    train_samples_per_class: 64,
    head: 'frozen_after_base_probe',
    adapter: { r: 4, target_modules: ['q_proj', 'k_proj', 'v_proj'] },
    learning_rate: 0.003,
    max_steps: 300,
    per_device_train_batch_size: 32,
    eval_samples: 2000,
  },
  texts: {
    model: 'small-llama',
    dataset: join(root, 'assets/benchmarks/stand-in-places/data'),
    task: 'causal-lm',
    chat_template: 'none',
    adapter: {
      r: 8,
      target_modules: ['q_proj', 'k_proj', 'v_proj', 'o_proj', 'up_proj', 'down_proj'],
    },
    learning_rate: 0.003,
    max_steps: 500,
    per_device_train_batch_size: 8,
  },
};

/** Hertz of the clock ticks in /proc, fixed on Linux. */
const ticksPerSecond = 100;

log(`${cpus()[0]?.model} × ${cpus().length}`);
for (const workload of options.workloads.split(',')) {
  for (const variant of options.variants.split(',')) compare(workload, variant, Number(options.rounds));
}

/** Prints the medians of runs without and with CoTo that take turns, and the ratios of each round. */
function compare(/** @type {string} */ workload, /** @type {string} */ variant, /** @type {number} */ rounds) {
  const run = workloads[/** @type {keyof typeof workloads} */ (workload)];
  if (run === undefined)
    throw new Error(`--workloads: ${workload} is not one of ${Object.keys(workloads).join(', ')}.`);
  /** @type {{ cpu: number, elapsed: number }[][]} */
  const times = [[], []];
  for (let round = 0; round < rounds; round++) {
    for (const [at, coto] of [null, {}].entries()) {
      // HiRA has no alpha.
      const alpha = variant === 'hira' ? {} : { lora_alpha: 2 * run.adapter.r };
      const config = {
        ...run,
        adapter: { ...run.adapter, ...alpha, variant },
        compute_dtype: 'bfloat16',
        coto,
        seed: round + 1,
      };
      times[at]?.push(timeOf(config));
    }
  }
  const [plain = [], withCoto = []] = times;
  for (const kind of /** @type {const} */ (['cpu', 'elapsed'])) {
    const ratios = withCoto.map((one, at) => one[kind] / (plain[at]?.[kind] ?? Number.NaN));
    const words = ratios.map((one) => one.toFixed(3)).join(', ');
    log(
      `${workload}, ${variant}: ${kind} seconds ${median(plain.map((one) => one[kind])).toFixed(1)} without CoTo, ` +
        `${median(withCoto.map((one) => one[kind])).toFixed(1)} with; ratio ${median(ratios).toFixed(3)} (${words})`,
    );
  }
}

/** Trains one run in a new home and returns its seconds, those of every process that it started included. */
function timeOf(/** @type {object} */ config) {
  const folder = mkdtempSync(join(tmpdir(), 'coto-whole-run-'));
  const file = join(folder, 'run.json');
  writeFileSync(file, JSON.stringify(config));
  const before = childSeconds();
  const start = performance.now();
  const { status, stderr } = spawnSync(process.execPath, [join(root, 'dist/cli/coto.mjs'), 'train', file], {
    env: { ...process.env, COTO_STUDIO_HOME: join(folder, 'home') },
    encoding: 'utf8',
  });
  const elapsed = (performance.now() - start) / 1000;
  const cpu = childSeconds() - before;
  rmSync(folder, { recursive: true });
  if (status !== 0) throw new Error(`coto train failed: ${stderr.slice(-2000)}`);
  return { cpu, elapsed };
}

/** Processor seconds of all ended children and their own children (proc_pid_stat(5), cutime and cstime). */
function childSeconds() {
  const fields = readFileSync('/proc/self/stat', 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[13]) + Number(fields[14])) / ticksPerSecond;
}

function median(/** @type {number[]} */ values) {
  const sorted = values.toSorted((one, other) => one - other);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}
