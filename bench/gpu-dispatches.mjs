// Counts the GPU work of an adapter's training step, with the project's kernels and with tfjs's generic operations alone: dispatches,
// bytes read and written by the programs, and values read back. Counts are the same on software Vulkan and on a card. Also
// measures the processor time of the engine's thread outside the device, as the minimum of several steps: JavaScript, recording
// of commands, and their submission to the queue.
// Usage: node_modules/node/bin/node bench/gpu-dispatches.mjs [--bfloat16] [--ours] [--variant dora] [workload, small-llama or smollm2-short ...]
// --bfloat16 keeps the matrices of a float32 base in bfloat16, as compute_dtype does; --ours leaves the generic operations out.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { root } from '../scripts/bootstrap/paths.mjs';
import { BenchRunner } from '../src-main/bench/bench-runner.ts';
import { workloads } from '../src-main/bench/workloads/index.ts';
import { narrowSmollm2, smollm2Shape } from '../src-main/bench/workloads/llama.ts';
import { smallLlama } from '../src-main/bench/workloads/small-llama.ts';
import { activateCompute } from '../src-main/engine/compute/index.ts';
import { gpuCounters } from '../src-main/engine/compute/webgpu/counters.ts';
import { unregisterGpuKernels } from '../src-main/engine/compute/webgpu/kernels/index.ts';

process.env['COTO_ENGINE_PROCESS'] = 'child';
const resources = join(root, 'assets');

/** Steps whose processor time is measured. */
const timedSteps = 4;
setFlagsFromString('--expose-gc');
gpuCounters.afterWait = runInNewContext('gc');

const { values, positionals: named } = parseArgs({
  options: {
    bfloat16: { type: 'boolean' },
    ours: { type: 'boolean' },
    variant: { type: 'string', default: 'lora' },
  },
  allowPositionals: true,
});
const bfloat16 = values.bfloat16 ?? false;
const ways = values.ours ? ['our kernels'] : ['our kernels', 'compositions'];
/** A device of software is too slow for the whole. */
const shortTexts = {
  ...smollm2Shape,
  id: 'smollm2-short',
  label: `${smollm2Shape.label}, 1 × 32 tokens`,
  /** @param {import('../src-main/bench/workload.ts').ProblemOptions} options */
  build: (options) => smollm2Shape.build({ ...options, batch: 1, tokens: 32 }),
};
const known = [...workloads, smallLlama({ texts: 4, tokens: 32, vocabulary: 4096 }), shortTexts, narrowSmollm2];
const chosen = (named.length === 0 ? ['vit', 'small-llama'] : named).map((id) => {
  const found = known.find((workload) => workload.id === id);
  if (found === undefined) throw new Error(`there is no workload "${id}": ${known.map((one) => one.id).join(', ')}`);
  return found;
});

const { device } = await activateCompute('webgpu');
const folder = mkdtempSync(join(tmpdir(), 'coto-count-'));
const programs = [];
console.log(`${device}\n`);
console.log(
  `| training step of ${values.variant} | kernels | dispatches | MB bound | submits | KB read back | JavaScript ms | queue ms | loss of the third step |`,
);
console.log('|---|---|---|---|---|---|---|---|---|');
try {
  // With our kernels first: what is unregistered is composed from then on.
  for (const way of ways) {
    if (way === 'compositions') unregisterGpuKernels();
    for (const workload of chosen) {
      const runner = await BenchRunner.load(workload, values.variant, { small: false, resources, folder, bfloat16 });
      // The first steps upload weights and make moments.
      for (const _ of [1, 2]) await runner.run(null);
      gpuCounters.start();
      const loss = await runner.run(null);
      const { dispatches, boundBytes, submits, readBytes, byProgram } = gpuCounters.stop();
      const times = [];
      for (let step = 0; step < timedSteps; step++) {
        gpuCounters.afterWait?.();
        gpuCounters.start();
        await runner.run(null);
        times.push(gpuCounters.stop());
      }
      const numbers = [
        dispatches,
        (boundBytes / 1e6).toFixed(1),
        submits,
        (readBytes / 1e3).toFixed(1),
        Math.min(
          ...times.map(({ hostMilliseconds, submitMilliseconds }) => hostMilliseconds - submitMilliseconds),
        ).toFixed(1),
        Math.min(...times.map(({ submitMilliseconds }) => submitMilliseconds)).toFixed(1),
        loss.toFixed(6),
      ];
      console.log(`| ${workload.label} | ${way} | ${numbers.join(' | ')} |`);
      const counted = Object.entries(byProgram).map(([program, count]) => `${count} ${program}`);
      programs.push(`${workload.label}, ${way}: ${counted.join(', ')}`);
      runner.dispose();
    }
  }
} finally {
  rmSync(folder, { recursive: true });
}
console.log(`\n${programs.join('\n\n')}`);
// Dawn keeps the process.
process.exit();
