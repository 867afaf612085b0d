import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { requireMemory } from '../../../../src-main/backend/runs/plan-model.ts';
import { type ErrorValue, toErrorValue } from '../../../../src-shared/contract/errors.ts';
import { imageModel } from '../../../engine/data/make-data.ts';
import { goldenPath } from '../../../engine/golden.ts';
import { closeBackends, type OpenBackend, openBackend, scriptedEngine, temporaryFolder } from '../../support.ts';
import { commit, type HubServer, startHub } from './hub-server.ts';

/** Free bytes on the disk of every folder. */
const disk = vi.hoisted(() => ({ freeBytes: 2 ** 40 }));
vi.mock(import('../../../../src-main/files/free-disk.ts'), () => ({ freeDiskBytes: async () => disk.freeBytes }));

const engine = scriptedEngine(() => Promise.reject(new Error('no engine is needed')));
const folderOf = (name: string) =>
  new Map(readdirSync(goldenPath(name, 'base')).map((file) => [file, readFileSync(goldenPath(name, 'base', file))]));
const sharded = folderOf('llama-sharded');
const config = (changes: object) =>
  Buffer.from(JSON.stringify({ ...JSON.parse(String(sharded.get('config.json'))), ...changes }));

let hub: HubServer;
let cache: string;
let backend: OpenBackend;
beforeEach(async () => {
  disk.freeBytes = 2 ** 40;
  cache = join(temporaryFolder(), 'hub');
  vi.stubEnv('HF_HUB_CACHE', cache);
  backend = await openBackend({ startEngine: engine });
});
afterEach(async () => {
  await hub.close();
  await closeBackends();
  vi.unstubAllEnvs();
});

async function serveModel(files: ReadonlyMap<string, Buffer>): Promise<NonNullable<HubServer['behavior']['served']>> {
  hub = await startHub('org/model', files);
  vi.stubEnv('HF_ENDPOINT', hub.url);
  hub.behavior.served = [];
  return hub.behavior.served;
}

const asked = { repository: 'org/model' };
const snapshot = () => join(cache, 'models--org--model', 'snapshots', commit);

/** Returns the error for a remote model: of the request, which must equal that of an already queued download. */
async function refusal(): Promise<ErrorValue> {
  const found = toErrorValue(await backend.handle('models.plan', asked).catch((error: unknown) => error));
  const { id } = await backend.handle('models.download', asked);
  await backend.idle();
  const job = await backend.handle('jobs.get', { id });
  expect(job).toMatchObject({ status: 'failed', error: { message: found.message, hint: found.hint } });
  expect(existsSync(snapshot())).toBe(false);
  expect(readdirSync(backend.home).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  return found;
}

/** Returns the error of `models.add` for these files in a local folder. */
async function localRefusal(files: ReadonlyMap<string, Buffer>): Promise<ErrorValue> {
  const folder = join(temporaryFolder(), 'local');
  mkdirSync(folder);
  for (const [name, content] of files) writeFileSync(join(folder, name), content);
  const error = toErrorValue(await backend.handle('models.add', { path: folder }).catch((thrown: unknown) => thrown));
  return { ...error, message: error.message.replaceAll(folder, asked.repository) };
}

it('refuses an unsupported family by its config.json alone', async () => {
  const files = new Map([...sharded, ['config.json', config({ model_type: 'mamba' })]]);
  const served = await serveModel(files);
  const { code, message, hint } = await refusal();
  expect(message).toContain('models of the model_type "mamba" are not supported yet');
  expect(await localRefusal(files)).toMatchObject({ code, message, hint });
  expect(new Set(served.map(({ name }) => name))).toEqual(new Set(['config.json']));
});

it.each([
  ['sizes that do not fit the weights', { hidden_size: 32 }],
  ['layers that the weights lack', { num_hidden_layers: 9 }],
])('refuses %s by the headers, without a value of a tensor', async (_what, changes) => {
  const files = new Map([...sharded, ['config.json', config(changes)]]);
  const served = await serveModel(files);
  const { code, message, hint } = await refusal();
  expect(await localRefusal(files)).toMatchObject({ code, message, hint });
  for (const [name, content] of files) {
    if (!name.endsWith('.safetensors')) continue;
    const header = 8 + Number(content.readBigUInt64LE(0));
    const bytes = served.filter((one) => one.name === name).reduce((sum, one) => sum + one.bytes, 0);
    // Once for the plan and once for the job.
    expect(bytes, name).toBe(2 * header);
    expect(header).toBeLessThan(content.length);
  }
});

it.each(['gptq', 'awq', 'fp8', 'compressed-tensors'])(
  'refuses weights quantized with %s by config.json alone',
  async (method) => {
    const files = new Map([...sharded, ['config.json', config({ quantization_config: { quant_method: method } })]]);
    const served = await serveModel(files);
    const { message, hint } = await refusal();
    expect(message).toContain(`quantized with ${method.toUpperCase()}`);
    expect(hint).toContain('unquantized');
    expect(new Set(served.map(({ name }) => name))).toEqual(new Set(['config.json']));
  },
);

it.each([
  ['llama-sharded', 'Llama', 'LlamaForCausalLM'],
  ['dinov2-smaller', 'DINOv2', 'Dinov2ForImageClassification'],
])(
  'plans %s with its family, size and memory to train, without a value of a tensor',
  async (name, family, architecture) => {
    const files = folderOf(name);
    const served = await serveModel(files);
    const { model } = await backend.handle('models.plan', asked);
    expect(model).toMatchObject({ family, architecture, memory: { choices: expect.any(Array) } });
    for (const [file, content] of files)
      if (file.endsWith('.safetensors'))
        expect(served.filter((one) => one.name === file).reduce((sum, one) => sum + one.bytes, 0)).toBe(
          8 + Number(content.readBigUInt64LE(0)),
        );
    // The estimate is that of the same model in the library.
    const { id } = await backend.handle('models.download', asked);
    await backend.idle();
    const { subjectId } = await backend.handle('jobs.get', { id });
    const added = await backend.handle('models.memory', {});
    const own = added.find(({ modelId }) => modelId === subjectId);
    expect(model?.memory?.tokens).toBe(own?.tokens);
    expect(model?.memory?.choices[0]?.bytes).toBe(own?.choices[0]?.bytes);
    const record = await backend.handle('models.get', { id: subjectId ?? '' });
    expect(model?.parameterCount).toBe(record.description.parameterCount);
  },
);

it('refuses a model whose weights exceed the memory even in four bits', () => {
  const big = { description: { ...imageModel(3, 16), parameterCount: 70e9 } };
  expect(() => requireMemory(big, 'org/model', 2 ** 34)).toThrow(
    /36\.7 GiB of weights even in four bits, more than the 16\.0 GiB/,
  );
  expect(() => requireMemory(big, 'org/model', 2 ** 36)).not.toThrow();
});

it('refuses an unsupported GGUF file by its start', async () => {
  const gguf = readFileSync(join(goldenPath('gguf'), 'llama.gguf'));
  const at = gguf.indexOf('llama', gguf.indexOf('general.architecture'));
  gguf.write('xlama', at);
  const served = await serveModel(new Map([['Tiny-Q8_0.gguf', Buffer.concat([gguf, Buffer.alloc(2 ** 22)])]]));
  const { message } = await refusal();
  expect(message).toBe(`org/model/Tiny-Q8_0.gguf is a model of the architecture "xlama" ("general.architecture").`);
  expect(served.map(({ bytes }) => bytes)).toEqual([2 ** 18, 2 ** 18]);
});

it('refuses a GGUF file with a type that is not read by its start', async () => {
  const gguf = readFileSync(join(goldenPath('gguf'), 'llama.gguf'));
  const name = 'token_embd.weight';
  const at = gguf.indexOf(name) + name.length;
  // Number of dimensions, the dimensions, and the type: IQ4_XS.
  gguf.writeUInt32LE(23, at + 4 + 8 * gguf.readUInt32LE(at));
  const served = await serveModel(new Map([['Tiny-Q8_0.gguf', Buffer.concat([gguf, Buffer.alloc(2 ** 22)])]]));
  const { message } = await refusal();
  expect(message).toBe(`org/model/Tiny-Q8_0.gguf stores tensor "${name}" as IQ4_XS, which is not supported.`);
  expect(served.map(({ bytes }) => bytes)).toEqual([2 ** 18, 2 ** 18]);
});

it.each(['llama.gguf', 'qwen2.gguf'])('plans %s as the model that its conversion adds', async (name) => {
  const file = readFileSync(join(goldenPath('gguf'), name));
  const served = await serveModel(new Map([['Tiny-Q8_0.gguf', Buffer.concat([file, Buffer.alloc(2 ** 22)])]]));
  const { model } = await backend.handle('models.plan', asked);
  expect(served.map(({ bytes }) => bytes)).toEqual([2 ** 18]);
  const { id } = await backend.handle('models.download', asked);
  await backend.idle();
  const { subjectId } = await backend.handle('jobs.get', { id });
  const { description } = await backend.handle('models.get', { id: subjectId ?? '' });
  const [own] = (await backend.handle('models.memory', {})).filter(({ modelId }) => modelId === subjectId);
  const { architecture, parameterCount } = description;
  expect(model).toMatchObject({ architecture, parameterCount, memory: { tokens: own?.tokens } });
  expect(model?.memory?.choices).toEqual(own?.choices);
});

it('refuses what does not fit on the disk before anything is fetched', async () => {
  const served = await serveModel(sharded);
  disk.freeBytes = 2 ** 20;
  expect(await refusal()).toMatchObject({ code: 'disk_full', message: expect.stringContaining('are needed') });
  expect(served).toEqual([]);
});

it('fetches a supported model, also from a server that ignores ranges', async () => {
  await serveModel(sharded);
  hub.behavior.ignoresRange = true;
  const { id } = await backend.handle('models.download', asked);
  await backend.idle();
  expect(await backend.handle('jobs.get', { id })).toMatchObject({ status: 'completed', error: null });
  expect(readdirSync(snapshot())).toContain('model.safetensors.index.json');
});
