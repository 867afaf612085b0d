// Merging eight rank-16 adapters of a 7B model: time beside copying the same bytes, peak memory, and the preflight's time.
// Usage: node_modules/node/bin/node bench/merging.mjs [F32|BF16] [adapters] [rank] [rounds] [folder] [ways]
// ways: some of copy,linear,cat,core-space,preflight (core-space: TIES in Core Space)
// Copy and merges take turns, each in a process of its own; both are on the disk (synced) when they end. No base is needed.
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { allLayers, describeBase, makeAdapter } from './synthetic-7b.mjs';

/** @typedef {import('../src-shared/domain/models/model.ts').ModelDescription} ModelDescription */

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
for (let index = 0; index < Number(count); index++)
  inputs.push(await makeAdapter(folder, index, { dtype, rank: Number(rank), layers: allLayers }));
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
  const description = describeBase(allLayers);
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

/** @param {string} directory */
function folderBytes(directory) {
  return readdirSync(directory).reduce((sum, name) => sum + statSync(join(directory, name)).size, 0);
}

/** @param {number[]} values */
function middle(values) {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
