// Tokens per second of a language model on the compute backends, compared with Transformers on the same CPU.
// Usage: node_modules/node/bin/node bench/generation.mjs <model folder> [prompt tokens] [new tokens]
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { root } from '../scripts/bootstrap/paths.mjs';
import { ensurePython, peers } from '../scripts/bootstrap/python.mjs';

const backendSchema = z.enum(['native', 'wasm', 'webgpu', 'tensorflow']);
const speedSchema = z.object({ prompt: z.number(), generation: z.number() });

const [folder = '', prompt = '128', fresh = '64', ...own] = process.argv.slice(2);
if (!folder) throw new Error('Give a model folder.');

if (own.length > 0) {
  console.log(JSON.stringify(await measure(backendSchema.parse(own[0]), own[1] === 'bfloat16')));
  process.exit(0);
}

const rows = [];
for (const [backend, dtype] of /** @type {const} */ ([
  ['native', 'float32'],
  ['native', 'bfloat16'],
  ['wasm', 'float32'],
]))
  rows.push({
    name: `${backend} ${dtype}`,
    speed: run(process.execPath, [fileURLToPath(import.meta.url), folder, prompt, fresh, backend, dtype]),
  });
const found = ensurePython(peers);
if ('python' in found)
  for (const dtype of ['float32', 'bfloat16'])
    for (const threads of ['1', '2']) {
      const script = join(root, 'bench/peers/generation.py');
      rows.push({
        name: `transformers ${dtype}, ${threads} threads`,
        speed: run(found.python, [script, folder, prompt, fresh, threads, dtype]),
      });
    }
else console.log(found.reason);
console.log(`${prompt} tokens of prompt, ${fresh} new ones; tokens a second, best of three`);
for (const { name, speed } of rows)
  console.log(
    `${name.padEnd(34)} prompt ${speed.prompt.toFixed(0).padStart(6)}   generation ${speed.generation.toFixed(1).padStart(6)}`,
  );

/**
 * @param {string} command
 * @param {string[]} args
 */
function run(command, args) {
  const done = spawnSync(command, args, { encoding: 'utf8', env: { ...process.env, HF_HUB_OFFLINE: '1' } });
  if (done.status !== 0) throw new Error(done.stderr);
  return speedSchema.parse(JSON.parse(done.stdout.trim().split('\n').at(-1) ?? ''));
}

/**
 * Greedy, on the studio's own engine.
 * @param {z.infer<typeof backendSchema>} backend
 * @param {boolean} bfloat16
 */
async function measure(backend, bfloat16) {
  const { activateCompute } = await import('../src-main/engine/compute/index.ts');
  const { loadBaseModel } = await import('../src-main/engine/models/load-model.ts');
  const { AdaptedModel } = await import('../src-main/engine/adapters/adapted-model.ts');
  const { Generation } = await import('../src-main/engine/generation/generation.ts');
  await activateCompute(backend, 2);
  const model = new AdaptedModel(await loadBaseModel(folder, { bfloat16 }));
  const ids = Array.from({ length: Number(prompt) }, (_, index) => 100 + (index % 1000));
  const best = { prompt: 0, generation: 0 };
  for (let count = 0; count < 4; count++) {
    const options = { maxNewTokens: Number(fresh) + 1, parameters: { temperature: 0 }, seed: 0 };
    const generation = new Generation(model, [ids], { ...options, endTokens: { eos: [], pad: 0 } });
    while (!generation.done) await generation.step();
    const { promptTokens, promptSeconds, newTokens, generationSeconds } = generation.times;
    generation.dispose();
    if (count === 0) continue;
    best.prompt = Math.max(best.prompt, promptTokens / promptSeconds);
    best.generation = Math.max(best.generation, (newTokens - 1) / generationSeconds);
  }
  return best;
}
