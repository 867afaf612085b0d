// Speed of a language model's texts on the compute backends, compared with Transformers (a folder) or llama.cpp (a GGUF file,
// whose packed weights are multiplied as they are) on the same CPU.
// Usage: node_modules/node/bin/node bench/generation.mjs [options] <model folder or GGUF file> [prompt tokens] [new tokens]
//   --threads 2       of ours and of llama.cpp; Transformers takes one, then two
//   --rounds 1        of all contenders in turn, each time in a process of its own
//   --quantize Q4_0   the layers of the GGUF file in another type first
//   --llama           llama.cpp too: node-llama-cpp, installed from npm into the cache folder
//   --streams 1,4,8   in place of contenders: numbers of texts that are written together, in turns in one process, for each
//                     precision; the first number is the reference. In place of a folder a shape of src-main/bench/llama-folder.ts
//                     may be given (smollm2), also with its storage (smollm2:Q4_0): a model of random weights.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { root } from '../scripts/bootstrap/paths.mjs';
import { ensurePython, peers } from '../scripts/bootstrap/python.mjs';
import { convertGguf } from '../src-main/engine/formats/gguf/convert.ts';
import { Fastest } from './fastest.mjs';
import { ensureLlama } from './install-llama.mjs';
import { quantizeGguf } from './quantized-gguf.mjs';

const ownSchema = z.tuple([
  z.enum(['native', 'wasm', 'webgpu', 'tensorflow']),
  z.enum(['float32', 'bfloat16']),
  z.enum(['plain', 'packed']),
]);
const speedSchema = z.object({
  prompt: z.number(),
  generation: z.number(),
  promptProcessor: z.number(),
  tokenProcessor: z.number(),
  library: z.string().optional().describe("which of llama.cpp's builds for this processor was loaded"),
});

const { values, positionals } = parseArgs({
  options: {
    threads: { type: 'string', default: '2' },
    rounds: { type: 'string', default: '1' },
    quantize: { type: 'string' },
    llama: { type: 'boolean', default: false },
    streams: { type: 'string' },
  },
  allowPositionals: true,
});
const [model = '', prompt = '128', fresh = '64', ...own] = positionals;
if (!model) throw new Error('Give a model folder or a GGUF file.');

if (own.length > 0) {
  console.log(JSON.stringify(await measure(...ownSchema.parse(own))));
  process.exit(0);
}

const work = mkdtempSync(join(tmpdir(), 'coto-generation-'));
if (values.streams !== undefined) {
  try {
    await compareStreams(values.streams.split(',').map(Number));
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  process.exit(0);
}
try {
  const contenders = await (statSync(model).isDirectory() ? ofFolder() : ofFile());
  /** @type {Map<string, z.infer<typeof speedSchema>[]>} */
  const speeds = new Map(contenders.map(({ name }) => [name, []]));
  for (let round = 0; round < Number(values.rounds); round++)
    for (const { name, command, args } of contenders) speeds.get(name)?.push(run(command, args));
  console.log(
    `${prompt} tokens of prompt, ${fresh} new ones, threads: ${values.threads}, the best of ${values.rounds} × 3 runs`,
  );
  console.log(`${''.padEnd(44)}tokens a second          ms of processor time`);
  console.log(`${''.padEnd(44)}prompt  generation       the prompt  a token`);
  for (const [name, rounds] of speeds) {
    /** @param {'prompt' | 'generation' | 'promptProcessor' | 'tokenProcessor'} of */
    const all = (of) => rounds.map((speed) => speed[of]);
    const columns = [
      column(Math.max(...all('prompt')), 0, 6),
      column(Math.max(...all('generation')), 1, 10),
      column(Math.min(...all('promptProcessor')), 0, 15),
      column(Math.min(...all('tokenProcessor')), 1, 7),
    ];
    const library = rounds[0]?.library;
    console.log(`${(library ? `${name}, ${library}` : name).padEnd(44)}${columns.join('  ')}`);
  }
} finally {
  rmSync(work, { recursive: true, force: true });
}

/**
 * @param {number} value
 * @param {number} digits
 * @param {number} width
 */
function column(value, digits, width) {
  return value.toFixed(digits).padStart(width);
}

async function ofFolder() {
  if (values.llama || values.quantize) throw new Error('--llama and --quantize take a GGUF file.');
  const contenders = [
    ours(model, 'native', 'float32', 'plain'),
    ours(model, 'native', 'bfloat16', 'plain'),
    ours(model, 'wasm', 'float32', 'plain'),
  ];
  const found = await ensurePython(peers);
  const script = join(root, 'bench/peers/generation.py');
  if ('python' in found)
    for (const dtype of ['float32', 'bfloat16'])
      for (const threads of ['1', '2']) {
        const name = `transformers ${dtype}, ${threads} threads`;
        contenders.push({ name, command: found.python, args: [script, model, prompt, fresh, threads, dtype] });
      }
  else console.log(found.reason);
  return contenders;
}

async function ofFile() {
  const file = values.quantize ? join(work, 'model.gguf') : model;
  if (values.quantize) await quantizeGguf(model, file, values.quantize);
  const folder = join(work, 'model');
  mkdirSync(folder);
  await convertGguf(file, folder);
  const contenders = [ours(folder, 'native', 'float32', 'packed'), ours(folder, 'native', 'bfloat16', 'packed')];
  if (values.llama) {
    const args = [join(root, 'bench/peers/llama.mjs'), ensureLlama(), file, prompt, fresh, values.threads];
    contenders.push({ name: 'llama.cpp', command: process.execPath, args });
  }
  return contenders;
}

/**
 * @param {string} folder
 * @param {z.infer<typeof ownSchema>} how
 */
function ours(folder, ...how) {
  const args = [fileURLToPath(import.meta.url), '--threads', values.threads, folder, prompt, fresh, ...how];
  return { name: `${how[0]} ${how[1]}`, command: process.execPath, args };
}

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
 * @param {z.infer<typeof ownSchema>} how
 */
async function measure(...[backend, dtype, weights]) {
  const { activateCompute } = await import('../src-main/engine/compute/index.ts');
  const { loadBaseModel } = await import('../src-main/engine/models/load-model.ts');
  const { AdaptedModel } = await import('../src-main/engine/adapters/model/adapted-model.ts');
  const { Generation } = await import('../src-main/engine/generation/generation.ts');
  await activateCompute(backend, Number(values.threads));
  const options = { bfloat16: dtype === 'bfloat16', ...(weights === 'packed' && { encoded: true }) };
  const base = new AdaptedModel(await loadBaseModel(model, options));
  const ids = Array.from({ length: Number(prompt) }, (_, index) => 100 + (index % 1000));
  const fastest = new Fastest(ids.length, Number(fresh));
  for (let count = 0; count < 4; count++) {
    const generation = new Generation(base, [ids], {
      maxNewTokens: Number(fresh) + 1,
      parameters: { temperature: 0 },
      seed: 0,
      endTokens: { eos: [], pad: 0 },
    });
    await fastest.time(
      () => generation.step(),
      () => generation.step(),
    );
    generation.dispose();
  }
  return fastest.best;
}

/** @param {readonly number[]} counts of texts */
async function compareStreams(counts) {
  const { llamaShapes, makeLlamaFolder } = await import('../src-main/bench/llama-folder.ts');
  const [shape = '', storage = 'BF16'] = model.split(':');
  const known = z.enum(['tiny', 'smollm2', '0.3b', '1.2b']).safeParse(shape).data;
  const folder = known === undefined ? model : join(work, 'model');
  if (known !== undefined)
    await makeLlamaFolder(folder, llamaShapes[known], z.enum(['BF16', 'Q4_0', 'Q8_0']).parse(storage));
  console.log(`${model}: ${prompt} tokens of prompt, ${fresh} new ones of each text, ${values.threads} threads`);
  console.log('              tokens a second         times the rate of the first');
  console.log('       texts  fastest     median      fastest     median of the rounds');
  for (const dtype of z.array(z.enum(['float32', 'bfloat16'])).parse(['float32', 'bfloat16'])) {
    const rates = await streamRates(folder, dtype, counts, storage !== 'BF16');
    const first = rates[0] ?? [];
    for (const [index, own] of rates.entries()) {
      const ratios = own.map((rate, round) => rate / (first[round] ?? Number.NaN));
      const numbers = [Math.max(...own), median(own), Math.max(...own) / Math.max(...first), median(ratios)];
      console.log(
        `${dtype.padEnd(8)}${String(counts[index]).padStart(4)}${numbers.map((number) => column(number, 2, 11)).join('')}`,
      );
    }
  }
}

/**
 * Tokens a second after the prompts, round by round, for each number of texts.
 * @param {string} folder
 * @param {'float32' | 'bfloat16'} dtype
 * @param {readonly number[]} counts
 * @param {boolean} encoded
 * @returns {Promise<number[][]>}
 */
async function streamRates(folder, dtype, counts, encoded) {
  const { activateCompute } = await import('../src-main/engine/compute/index.ts');
  const { loadBaseModel } = await import('../src-main/engine/models/load-model.ts');
  const { AdaptedModel } = await import('../src-main/engine/adapters/model/adapted-model.ts');
  const { StreamBatch } = await import('../src-main/engine/generation/stream-batch.ts');
  await activateCompute('native', Number(values.threads));
  const base = await loadBaseModel(folder, { bfloat16: dtype === 'bfloat16', ...(encoded && { encoded }) });
  const adapted = new AdaptedModel(base);
  /** @type {number[][]} */
  const rates = counts.map(() => []);
  const options = { maxNewTokens: 10_000, parameters: { temperature: 0 }, seed: 0, endTokens: { eos: [], pad: 0 } };
  // The first round packs weights.
  for (let round = -1; round < Number(values.rounds); round++)
    for (const [index, count] of counts.entries()) {
      const batch = new StreamBatch(adapted);
      for (let text = 0; text < count; text++)
        batch.add(
          Array.from({ length: Number(prompt) + text }, (_, at) => 100 + ((at * 7 + text * 13) % 1000)),
          options,
        );
      // Each step reads a prompt; the last one makes room in the cache.
      for (let step = 0; step <= count; step++) await batch.step(() => undefined);
      const started = performance.now();
      for (let token = 0; token < Number(fresh); token++) await batch.step(() => undefined);
      if (round >= 0) rates[index]?.push((1000 * count * Number(fresh)) / (performance.now() - started));
      batch.dispose();
    }
  adapted.dispose();
  base.dispose();
  return rates;
}

/** @param {readonly number[]} numbers */
function median(numbers) {
  const sorted = [...numbers].sort((one, other) => one - other);
  return ((sorted[(sorted.length - 1) >> 1] ?? 0) + (sorted[sorted.length >> 1] ?? 0)) / 2;
}
