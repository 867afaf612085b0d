import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { catalog } from '../../src-main/backend/index.ts';
import { AdaptedModel } from '../../src-main/engine/adapters/model/adapted-model.ts';
import { writeAdapter } from '../../src-main/engine/adapters/peft/adapter-folder.ts';
import { activateCompute } from '../../src-main/engine/compute/index.ts';
import { loadBaseModel } from '../../src-main/engine/models/load-model.ts';
import { adapterSettingsSchema } from '../../src-shared/domain/adapters/adapter.ts';
import { resultOf } from '../../src-shared/domain/jobs/job.ts';
import type { ParameterValues } from '../../src-shared/domain/parameters/parameter.ts';
import { RandomStream } from '../../src-shared/random.ts';
import { closeBackends, type OpenBackend, openBackend, realEngine, temporaryFolder } from '../backend/support.ts';
import { hasLlamaCpp, runLlamaCpp } from '../real/llama-cpp.ts';
import { adapterPeersPython, runPeer } from './python.ts';

const folder = temporaryFolder();
const [base, gguf] = [join(folder, 'base'), join(folder, 'base.gguf')];
const prompts = ['The President of the United States', 'It was the first time that', 'Call me'];
const tokens = 24;

/** Adapters with random factors, alike on every machine. */
const adapters = {
  lora: { variant: 'lora', parameters: { r: 4, lora_alpha: 8 } },
  ranks: {
    variant: 'lora',
    parameters: { r: 4, lora_alpha: 6, rank_pattern: { q_proj: 2, down_proj: 7 }, alpha_pattern: { v_proj: 9 } },
  },
  dora: { variant: 'dora', parameters: { r: 4, lora_alpha: 8 } },
} as const;
type Name = keyof typeof adapters;

interface Job {
  readonly program: 'transformers' | 'mlx';
  readonly format: string;
  readonly name: Name;
  readonly model: string;
  readonly adapter: string | null;
}

const answerSchema = z.object({
  texts: z.array(z.array(z.string())),
  versions: z.record(z.string(), z.string()),
});

let backend: OpenBackend;
/** Ids of the adapters by name. */
const ids = new Map<string, string>();

async function add(name: string, path: string): Promise<void> {
  const models = await backend.handle('models.list', {});
  const modelId = models.find((model) => model.path === base)?.id;
  if (modelId === undefined) throw new Error('the base is not in the studio');
  ids.set(name, (await backend.handle('adapters.import', { path, modelId, name })).id);
}

async function writeRandom(name: Name): Promise<string> {
  const target = join(folder, name);
  const loaded = await loadBaseModel(base);
  const model = new AdaptedModel(loaded);
  const random = RandomStream.seeded(5, 'initialization');
  const settings = adapterSettingsSchema.parse({ ...adapters[name], target_modules: 'all-linear' });
  await model.createAdapter(settings, { random, labels: null });
  for (const variable of model.trainable().values()) {
    const values = Float32Array.from(variable.dataSync(), (value) => value + 0.05 * random.normal());
    tf.tidy(() => variable.assign(tf.tensor(values, variable.shape)));
  }
  await writeAdapter(target, await model.exportState(), { description: loaded.description, baseModelName: base });
  model.dispose();
  loaded.dispose();
  return target;
}

/** Greedy texts of the studio, of the base alone and with each adapter. */
async function ownTexts(model: string): Promise<Map<string, string[]>> {
  const columns = [null, ...[...ids.values()].map((adapterId) => ({ adapterId }))];
  const names = ['base', ...ids.keys()];
  const texts = new Map<string, string[]>(names.map((name) => [name, []]));
  for (const text of prompts) {
    const prompt = { kind: 'text' as const, text };
    const request = { model, columns, prompt, max_new_tokens: tokens, sampling: { temperature: 0 } };
    const { id } = await backend.handle('generation.start', request);
    await backend.idle();
    const result = resultOf(await backend.handle('jobs.result', { id }), 'generate');
    for (const [at, name] of names.entries()) texts.get(name)?.push(result?.columns[at]?.text ?? 'none');
  }
  return texts;
}

async function exported(name: string, target: string, parameters: ParameterValues = {}): Promise<string> {
  const path = join(folder, `${name}-${target}${target === 'gguf-lora' ? '.gguf' : ''}`);
  const { id } = await backend.handle('export.start', { adapterId: ids.get(name) ?? '', target, path, parameters });
  await backend.idle();
  expect(await backend.handle('jobs.get', { id })).toMatchObject({ status: 'completed' });
  return path;
}

function llamaTexts(modelPath: string, adapter: string): string[] {
  const { encoded } = runLlamaCpp({ modelPath, texts: prompts });
  const request = { modelPath, adapter, prompts: encoded, newTokens: tokens, exactCache: true, threads: 1 };
  return runLlamaCpp(request).answers.map(({ text }) => text);
}

afterAll(closeBackends);

const python = adapterPeersPython();
/** Versions of the packages; empty where they are not installed. */
let versions: Readonly<Record<string, string>> = {};

describe.skipIf(python === null)('exports generate in other programs the greedy text of the studio', () => {
  let own = new Map<string, string[]>();
  const jobs: Job[] = [];
  let texts: string[][] = [];

  beforeAll(async () => {
    const source = join(import.meta.dirname, '../../assets/models/small-llama');
    runPeer('program_base.py', { source, folder: base, gguf }, [], python ?? '');
    await activateCompute('native');
    backend = await openBackend({ startEngine: realEngine });
    const model = await backend.handle('models.add', { path: base });
    const names = ['lora', 'ranks', 'dora'] as const;
    for (const name of names) await add(name, await writeRandom(name));
    own = await ownTexts(model.id);
    for (const name of names) {
      const run = (program: Job['program'], format: string, place: Pick<Job, 'model' | 'adapter'>) =>
        jobs.push({ program, format, name, ...place });
      const merged = { model: await exported(name, 'merged'), adapter: null };
      const plain = await exported(name, 'lora', { rank: 1024, energy: 1 });
      run('transformers', 'peft', { model: base, adapter: await exported(name, 'peft') });
      run('transformers', 'lora', { model: base, adapter: plain });
      run('transformers', 'merged', merged);
      run('mlx', 'merged', merged);
      run('mlx', 'mlx', { model: base, adapter: await exported(name, 'mlx') });
    }
    const request = { prompts, tokens, jobs };
    ({ texts, versions } = answerSchema.parse(runPeer('program_texts.py', request, [], python ?? '')));
  }, 600_000);

  it('by adapters that change the text', () => {
    expect(new Set([...own.values()].map((texts) => JSON.stringify(texts))).size).toBe(4);
  });

  it.each(['transformers', 'mlx'] as const)('by Python: %s', (program) => {
    const found = jobs.flatMap((job, at) => (job.program === program ? [{ ...job, found: texts[at] }] : []));
    expect(found.length).toBeGreaterThan(5);
    for (const one of found) expect(one.found, `${one.format} of ${one.name}`).toEqual(own.get(one.name));
  });

  it.skipIf(!hasLlamaCpp())('by llama.cpp, beside a GGUF file of the base', async () => {
    for (const name of ['lora', 'ranks'] as const)
      expect(llamaTexts(gguf, await exported(name, 'gguf-lora')), name).toEqual(own.get(name));
    // A DoRA goes there as plain LoRA.
    await add('dora-plain', join(folder, 'dora-lora'));
    expect(llamaTexts(gguf, await exported('dora-plain', 'gguf-lora'))).toEqual(own.get('dora'));
  });

  it.skipIf(!hasLlamaCpp())("by the files of a Modelfile, as Ollama's client reads it, in llama.cpp", async () => {
    const path = await exported('lora', 'ollama', { from: gguf });
    const read = runPeer('ollama_modelfile.py', { modelfile: join(path, 'Modelfile') }, [], python ?? '');
    const { blobs, modelfile } = z
      .object({ blobs: z.record(z.string(), z.number()), modelfile: z.string() })
      .parse(read);
    const files = ['FROM', 'ADAPTER'].map((key) => new RegExp(`^${key} @sha256:(\\w+)$`, 'm').exec(modelfile)?.[1]);
    const [model, adapter] = [gguf, join(path, 'adapter.gguf')];
    expect(files).toEqual([model, adapter].map(sha256));
    expect(Object.keys(blobs).sort()).toEqual(files.toSorted());
    expect(llamaTexts(model, adapter)).toEqual(own.get('lora'));
  });
});

/** Programs that load each format in this folder's tests, and what is compared there. */
function pageRows(versions: Readonly<Record<string, string>>): readonly (readonly [string, string, string, string])[] {
  const version = (name: string) => versions[name] ?? '';
  const transformers = `Transformers ${version('transformers')} with PEFT ${version('peft')}`;
  const mlx = `mlx-lm ${version('mlx-lm')}`;
  const llamaCpp = 'llama.cpp (node-llama-cpp 3.22.1)';
  const diffusers = `diffusers ${version('diffusers')}`;
  return [
    ['peft', transformers, 'greedy text of LoRA, LoRA with ranks by module, DoRA', 'programs'],
    ['peft', transformers, 'outputs of every variant on every golden base, within 1e-4', 'adapters'],
    ['peft-residual', transformers, 'outputs of PiSSA and OLoRA', 'initializations'],
    ['lora', transformers, 'greedy text, at the full rank', 'programs'],
    ['merged', `Transformers ${version('transformers')}`, 'greedy text', 'programs'],
    ['merged', `Transformers ${version('transformers')}`, 'outputs of every variant on every golden base', 'merged'],
    ['merged', mlx, 'greedy text', 'programs'],
    ['gguf-lora', llamaCpp, 'greedy text of LoRA, of ranks by module, and of DoRA as plain LoRA', 'programs'],
    [
      'ollama',
      `Ollama's client ${version('ollama')}, ${llamaCpp}`,
      'the files that the Modelfile names; greedy text',
      'programs',
    ],
    ['mlx', mlx, 'greedy text of LoRA, LoRA with ranks by module, DoRA', 'programs'],
    ['mlx', mlx, 'ΔW of every module', 'adapter-formats'],
    ['kohya', `${diffusers} (SDXL, Flux)`, 'ΔW fused into the weights of a pipeline', 'adapter-formats'],
    ['kohya', `LyCORIS ${version('lycoris-lora')}`, 'ΔW of LoHa and LoKr', 'adapter-formats'],
    ['diffusers', `${diffusers} (SDXL, Flux)`, 'ΔW fused into the weights of a pipeline', 'adapter-formats'],
    ['python', transformers, 'losses and evaluations of the training', 'python-export'],
  ];
}

it('names a program for every export format', async () => {
  const rows = pageRows(versions);
  expect(new Set(rows.map(([format]) => format))).toEqual(new Set(catalog.exportTargets.map(({ id }) => id)));
  for (const [, , , test] of rows) expect(existsSync(join(import.meta.dirname, `${test}.test.ts`)), test).toBe(true);
  if (Object.keys(versions).length === 0) return;
  const page = `# Exports in other programs

Each export format is loaded by the program that it is for. "Greedy text" is the text of small-llama in float32 with adapters of random
factors: the program's equals the studio's, letter by letter. \`npm run test:peers\` runs these tests; \`npm run test:peers -- peers/programs -u\`
writes this page again.

| Format | Program | Compared | Test |
| --- | --- | --- | --- |
${rows.map(([format, program, compared, test]) => `| \`${format}\` | ${program} | ${compared} | \`test/peers/${test}.test.ts\` |`).join('\n')}

Not run:

| Program | What takes its place |
| --- | --- |
| Ollama's server, of which PyPI, npm and Debian have clients only | Ollama's own Python client reads the Modelfile and uploads its files. llama.cpp, on which Ollama runs GGUF models, generates with the same two files |
| ComfyUI, Automatic1111 and sd-scripts, which are no packages | diffusers and LyCORIS load the same kohya files |
| vLLM, which needs gigabytes of packages, and LM Studio, which is no package | [rules](../guide/merge.md#runtime-compatibility) from their sources; the PEFT folder that vLLM loads is loaded by PEFT |
`;
  await expect(page).toMatchFileSnapshot('../../docs/results/programs.md');
});

function sha256(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}
