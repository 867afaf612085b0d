// Every merge method that needs no data on eight LoRA adapters of a 7B Llama (rank 16, all linears), through the app's own merge
// of folders: seconds, processor seconds, peak memory and bytes read. No method here reads the base's weights.
// Usage: node_modules/node/bin/node bench/merge-7b.mjs [--layers 32] [--methods a,b] [--rounds 1] [--folder DIR] [--keep DIR] [--limit 900] [--json FILE]
// --layers: of 32; methods work module by module, so the time of fewer layers is scaled up in a column of its own
// --folder: keeps the adapters for the next call (1.3 GB for 32 layers); --keep: keeps the merges there; --limit: seconds a merge
// Each merge runs in a process of its own, once, the adapters' files in the cache of the disk.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { allLayers, describeBase, makeAdapter } from './synthetic-7b.mjs';

/** @typedef {import('../src-main/engine/api/merging.ts').MergeMethod} MergeMethod */

if (process.argv[2] === 'child') {
  const [, , , id = '', layers = '', directories = '', output = ''] = process.argv;
  console.log(JSON.stringify(await mergeOnce(id, Number(layers), directories.split(','), output)));
  process.exit(0);
}

const { values: options } = parseArgs({
  options: {
    layers: { type: 'string', default: String(allLayers) },
    methods: { type: 'string' },
    rounds: { type: 'string', default: '1' },
    folder: { type: 'string' },
    keep: { type: 'string' },
    limit: { type: 'string', default: '900' },
    json: { type: 'string' },
  },
});
const resultSchema = z.object({
  seconds: z.number(),
  cpu: z.number(),
  peakBytes: z.number(),
  readBytes: z.number(),
  adapters: z.number(),
});
/** @typedef {z.infer<typeof resultSchema>} Result */
const { mergeMethods } = await import('../src-main/engine/api/merging.ts');
const wanted = options.methods?.split(',');
const methods = mergeMethods.filter(
  (method) => method.makes === 'adapter' && !method.needs.data && (wanted?.includes(method.declaration.id) ?? true),
);
const layers = Number(options.layers);
const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'coto-merge-7b-'));
mkdirSync(folder, { recursive: true });
const inputs = [];
for (let index = 0; index < 8; index++)
  inputs.push(await makeAdapter(folder, index, { dtype: 'F32', rank: 16, layers }));
console.log(
  `8 adapters, rank 16, ${layers} layers of ${allLayers}; load ${loadavg()
    .map((value) => value.toFixed(1))
    .join(', ')}`,
);
/** @type {Record<string, Result[]>} */
const results = {};
for (let round = 0; round < Number(options.rounds); round++)
  for (const { declaration, needs } of methods) {
    const output = options.keep === undefined ? join(folder, 'output') : join(options.keep, declaration.id);
    rmSync(output, { recursive: true, force: true });
    const used = inputs.slice(0, needs.adapters?.maximum ?? inputs.length);
    const child = spawnSync(
      process.execPath,
      [fileURLToPath(import.meta.url), 'child', declaration.id, String(layers), used.join(','), output],
      { encoding: 'utf8', timeout: Number(options.limit) * 1000, killSignal: 'SIGKILL' },
    );
    if (options.keep === undefined) rmSync(output, { recursive: true, force: true });
    const failed = child.status === 0 ? null : child.signal ? `over ${options.limit} s` : child.stderr.slice(-300);
    if (failed !== null) console.log(`${declaration.id.padEnd(22)} ${failed}`);
    else {
      const result = resultSchema.parse(JSON.parse(child.stdout));
      results[declaration.id] = [...(results[declaration.id] ?? []), result];
      console.log(lineOf(declaration.id, result));
    }
  }
const best = Object.entries(results).map(([id, rounds]) => ({
  id,
  ...rounds.reduce((least, one) => (one.seconds < least.seconds ? one : least)),
}));
const times = best.map(({ seconds }) => (seconds * allLayers) / layers).sort((one, other) => one - other);
console.log(
  `${best.length} methods: median ${middle(times).toFixed(1)} s, over 60 s: ${times.filter((value) => value > 60).length},` +
    ` peak ${Math.max(...best.map(({ peakBytes }) => peakBytes / 2 ** 20)).toFixed(0)} MiB; load at the end ${loadavg()[0]?.toFixed(1)}`,
);
if (options.json) writeFileSync(options.json, `${JSON.stringify({ layers, results }, null, 1)}\n`);
if (options.folder === undefined) rmSync(folder, { recursive: true });

/**
 * @param {string} id
 * @param {Result} result
 */
function lineOf(id, { seconds, cpu, peakBytes, readBytes, adapters }) {
  const whole = layers === allLayers ? '' : `  → ${((seconds * allLayers) / layers).toFixed(1)} s for ${allLayers}`;
  return `${id.padEnd(22)} ${seconds.toFixed(2).padStart(8)} s  CPU ${cpu.toFixed(2).padStart(8)} s  peak ${(peakBytes / 2 ** 20).toFixed(0).padStart(5)} MiB  read ${(readBytes / 1e9).toFixed(2)} GB  of ${adapters}${whole}`;
}

/**
 * @param {string} id
 * @param {number} layerCount
 * @param {string[]} directories
 * @param {string} output
 */
async function mergeOnce(id, layerCount, directories, output) {
  const { mergeFolders, mergeMethod } = await import('../src-main/engine/api/merging.ts');
  const method = mergeMethod(id);
  const count = directories.length;
  const request = {
    method,
    weights: directories.map((_, index) => (index + 1) / (2 * count)),
    // Checkpoints of one run, for the averages of checkpoints.
    steps: directories.map((_, index) => 100 * (index + 1)),
    parameters: {},
    base: { description: describeBase(layerCount), directory: null },
  };
  const readBefore = bytesRead();
  const start = performance.now();
  const before = process.cpuUsage();
  await mergeFolders(request, directories, output);
  const { user, system } = process.cpuUsage(before);
  return {
    seconds: (performance.now() - start) / 1000,
    cpu: (user + system) / 1e6,
    peakBytes: process.resourceUsage().maxRSS * 1024,
    readBytes: bytesRead() - readBefore,
    adapters: count,
  };
}

/** Bytes that the process has read from files, from the cache of the disk or not. Linux only. */
function bytesRead() {
  return Number(/rchar: (\d+)/.exec(readFileSync('/proc/self/io', 'utf8'))?.[1]);
}

/** @param {number[]} sorted */
function middle(sorted) {
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
