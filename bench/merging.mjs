// Merging eight rank-16 adapters of a 7B model: time beside copying the same bytes, peak memory, and the preflight's time.
// Usage: node_modules/node/bin/node bench/merging.mjs [F32|BF16] [adapters] [rank] [rounds] [folder] [ways]
// ways: some of copy,linear,cat,core-space,preflight (core-space: TIES in Core Space)
// Copy and merges take turns, each in a process of its own; both are on the disk (synced) when they end. No base is needed.
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

/** @typedef {import('../src-shared/domain/models/model.ts').ModelDescription} ModelDescription */

const hidden = 4096;
const intermediate = 11008;
const layers = 32;
/** @type {Record<string, [inFeatures: number, outFeatures: number]>} */
const shapes = {
  'self_attn.q_proj': [hidden, hidden],
  'self_attn.k_proj': [hidden, hidden],
  'self_attn.v_proj': [hidden, hidden],
  'self_attn.o_proj': [hidden, hidden],
  'mlp.gate_proj': [hidden, intermediate],
  'mlp.up_proj': [hidden, intermediate],
  'mlp.down_proj': [intermediate, hidden],
};

if (process.argv[2] === 'child') {
  const [, , , what = '', directories = '', output = ''] = process.argv;
  console.log(JSON.stringify(await timed(what, directories.split(','), output)));
  process.exit(0);
}

const [stored = 'F32', count = '8', rank = '16', rounds = '3', given, wanted] = process.argv.slice(2);
const waySchema = z.enum(['copy', 'linear', 'cat', 'core-space', 'preflight']);
const ways = wanted === undefined ? waySchema.options : z.array(waySchema).parse(wanted.split(','));
const dtype = z.enum(['F32', 'BF16']).parse(stored);
const folder = given ?? mkdtempSync(join(tmpdir(), 'coto-merging-'));
mkdirSync(folder, { recursive: true });
const inputs = [];
for (let index = 0; index < Number(count); index++) inputs.push(await makeAdapter(index));
const bytes = inputs.reduce((sum, directory) => sum + folderBytes(directory), 0);
console.log(`${count} adapters, rank ${rank}, ${dtype}: ${(bytes / 1e9).toFixed(2)} GB in ${folder}`);
const mergeSchema = z.object({ milliseconds: z.number(), cpu: z.number(), peakBytes: z.number() });
const preflightSchema = z.object({ cold: z.number(), warm: z.number() });
/** @type {Record<'copy' | 'linear' | 'cat' | 'core-space', z.infer<typeof mergeSchema>[]>} */
const merges = { copy: [], linear: [], cat: [], 'core-space': [] };
/** @type {z.infer<typeof preflightSchema>[]} */
const preflights = [];
for (let round = 0; round < Number(rounds); round++)
  for (const what of ways) {
    const output = join(folder, 'output');
    const child = spawnSync(
      process.execPath,
      [fileURLToPath(import.meta.url), 'child', what, inputs.join(','), output],
      { encoding: 'utf8', maxBuffer: 2 ** 24 },
    );
    if (child.status !== 0) throw new Error(child.stderr);
    const answer = JSON.parse(child.stdout);
    if (what === 'preflight') preflights.push(preflightSchema.parse(answer));
    else merges[what].push(mergeSchema.parse(answer));
    rmSync(output, { recursive: true, force: true });
  }
// The best of the rounds: whatever else runs on the machine only adds to a time.
/** @param {{ milliseconds: number }[]} all */
const best = (all) => Math.min(...all.map((one) => one.milliseconds));
for (const [what, all] of Object.entries(merges)) {
  if (all.length === 0) continue;
  const memory = Math.max(...all.map((one) => one.peakBytes)) / 2 ** 20;
  console.log(
    `${what.padEnd(11)} ${best(all).toFixed(0).padStart(6)} ms (${all.map((one) => one.milliseconds.toFixed(0)).join(', ')})` +
      `  ${merges.copy.length > 0 ? `${(best(all) / best(merges.copy)).toFixed(2)} × copy  ` : ''}CPU ${middle(all.map((one) => one.cpu)).toFixed(0)} ms  peak ${memory.toFixed(0)} MiB`,
  );
}
for (const key of preflights.length > 0 ? /** @type {const} */ (['cold', 'warm']) : [])
  console.log(`preflight ${key} ${middle(preflights.map((one) => one[key])).toFixed(1)} ms`);
if (given === undefined) rmSync(folder, { recursive: true });

/**
 * @param {string} what a way of merging, copy or preflight
 * @param {string[]} directories
 * @param {string} output
 */
async function timed(what, directories, output) {
  const { writeFolderAtomic } = await import('../src-main/files/atomic.ts');
  const { mergeFolders } = await import('../src-main/engine/merge/run/merge-folders.ts');
  const { mergeMethod } = await import('../src-main/engine/merge/methods/index.ts');
  const description = describeBase();
  const weights = directories.map((_, index) => (index + 1) / 10);
  if (what === 'preflight') return preflight(directories, description, weights);
  const run = () =>
    what === 'copy'
      ? writeFolderAtomic(output, async (temporary) => copyAll(directories, temporary))
      : mergeFolders(
          {
            method: mergeMethod(what === 'cat' ? 'weight-average' : what),
            weights,
            parameters: what === 'cat' ? { normalize: false } : what === 'core-space' ? { merger: 'ties-svd' } : {},
            base: { description, directory: '' },
          },
          directories,
          output,
        );
  // Once before: a virtual machine may have given the pages of its cache back, and getting them again takes longer than the work.
  await run();
  rmSync(output, { recursive: true });
  const start = performance.now();
  const before = process.cpuUsage();
  await run();
  const { user, system } = process.cpuUsage(before);
  return {
    milliseconds: performance.now() - start,
    cpu: (user + system) / 1000,
    peakBytes: process.resourceUsage().maxRSS * 1024,
  };
}

/**
 * @param {string[]} directories
 * @param {string} target
 */
function copyAll(directories, target) {
  for (const [index, directory] of directories.entries()) {
    mkdirSync(join(target, String(index)));
    for (const name of readdirSync(directory)) copyFileSync(join(directory, name), join(target, String(index), name));
  }
}

/**
 * Runs the backend's preflight with outlines of folders, cached by their fingerprints.
 * @param {string[]} directories
 * @param {ModelDescription} description
 * @param {number[]} weights
 */
async function preflight(directories, description, weights) {
  const { OutlineCache } = await import('../src-main/backend/merging/outline-cache.ts');
  const { mergeMethod } = await import('../src-main/engine/merge/methods/index.ts');
  const { preflightLines } = await import('../src-main/engine/merge/checks/preflight.ts');
  const outlines = new OutlineCache();
  const once = async () => {
    const start = performance.now();
    const inputs = await Promise.all(directories.map((directory) => outlines.read(directory, description)));
    const lines = preflightLines(mergeMethod('linear'), inputs, weights, {});
    if (lines.some(({ verdict }) => verdict === 'refused')) throw new Error(JSON.stringify(lines));
    return performance.now() - start;
  };
  const cold = await once();
  const warm = [];
  for (let time = 0; time < 5; time++) warm.push(await once());
  return { cold, warm: middle(warm) };
}

/**
 * A LoRA folder as PEFT writes it, with random tensors.
 * @param {number} index
 */
async function makeAdapter(index) {
  const { encodeFloats } = await import('../src-main/engine/tensors/encode-floats.ts');
  const { streamSafetensors } = await import('../src-main/engine/tensors/safetensors-stream.ts');
  const directory = join(folder, `adapter-${dtype}-${rank}-${index}`);
  if (existsSync(directory)) return directory;
  mkdirSync(directory);
  const r = Number(rank);
  const tensors = [...modules()].flatMap(({ name, inFeatures, outFeatures }) =>
    /** @type {const} */ ([
      { part: 'lora_A', shape: [r, inFeatures] },
      { part: 'lora_B', shape: [outFeatures, r] },
    ]).map(({ part, shape }) => ({
      name: `base_model.model.${name}.${part}.weight`,
      dtype,
      shape,
      pieces: () => [
        encodeFloats(
          dtype,
          Float32Array.from({ length: shape[0] * shape[1] }, () => 0.02 * (Math.random() - 0.5)),
        ),
      ],
    })),
  );
  await streamSafetensors(join(directory, 'adapter_model.safetensors'), tensors);
  const config = {
    peft_type: 'LORA',
    task_type: 'CAUSAL_LM',
    base_model_name_or_path: 'synthetic-7b',
    r,
    lora_alpha: 2 * r,
    target_modules: Object.keys(shapes).map((name) => name.split('.')[1]),
  };
  writeFileSync(join(directory, 'adapter_config.json'), JSON.stringify(config));
  return directory;
}

function* modules() {
  for (let layer = 0; layer < layers; layer++)
    for (const [part, [inFeatures, outFeatures]] of Object.entries(shapes))
      yield { name: `model.layers.${layer}.${part}`, layer, inFeatures, outFeatures };
}

/** @returns {ModelDescription} */
function describeBase() {
  return {
    family: 'llama',
    architecture: 'LlamaForCausalLM',
    kind: 'causal-lm',
    parameterCount: 6738415616,
    sizeBytes: 13476831232,
    dtype: 'BF16',
    layerCount: layers,
    hiddenSize: hidden,
    labels: [],
    image: null,
    text: { vocabularySize: 32000, maxPositions: 4096 },
    linears: [...modules()].map((module) => ({
      ...module,
      aliases: [],
      checkpointKey: module.name,
      hasBias: false,
      isHead: false,
      kind: 'linear',
      fanInFanOut: false,
      isMissing: false,
    })),
    fingerprint: 'synthetic',
  };
}

/** @param {string} directory */
function folderBytes(directory) {
  return readdirSync(directory).reduce((sum, name) => sum + statSync(join(directory, name)).size, 0);
}

/** @param {number[]} values */
function middle(values) {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
