import { createHash } from 'node:crypto';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { downloadRepository, planDownload } from '../../../../src-main/backend/library/huggingface/download.ts';
import { isPrivate, unlessStalled } from '../../../../src-main/backend/library/huggingface/endpoint.ts';
import { listCachedModels } from '../../../../src-main/backend/library/huggingface/list-cache.ts';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import { goldenPath } from '../../../engine/golden.ts';
import {
  closeBackends,
  madeModel,
  type OpenBackend,
  openBackend,
  removeTemporaryFolders,
  scriptedEngine,
  temporaryFolder,
} from '../../support.ts';
import { commit, type HubServer, startHub } from './hub-server.ts';

const id = 'org/tiny';
const folderOf = (name: string) => new Map(readdirSync(name).map((file) => [file, readFileSync(join(name, file))]));
const files = new Map([
  ...folderOf(goldenPath('llama', 'base')),
  ['pytorch_model.bin', Buffer.from('pickled')],
  ['README.md', Buffer.from('words')],
  ['generation_config.json', Buffer.from('{}')],
]);
const weights = files.get('model.safetensors') ?? Buffer.alloc(0);
const engine = scriptedEngine(() => Promise.reject(new Error('no engine is needed')));

let hub: HubServer;
let cache: string;
let environment: NodeJS.ProcessEnv;

beforeEach(async () => {
  hub = await startHub(id, files);
  cache = join(temporaryFolder(), 'hub');
  environment = { HF_ENDPOINT: hub.url, HF_HUB_CACHE: cache };
});
afterEach(async () => {
  await hub.close();
  await closeBackends();
  removeTemporaryFolders();
});

const download = (signal = new AbortController().signal, onProgress: (done: number) => void = () => undefined) =>
  downloadRepository(environment, asked(), signal, onProgress);
const asked = (repository = id, quantization: string | null = null) => ({
  repository,
  revision: 'main',
  quantization,
});
const blobs = () => join(cache, 'models--org--tiny', 'blobs');
const incompleteBytes = () => {
  const name = existsSync(blobs()) ? readdirSync(blobs()).find((file) => file.endsWith('.incomplete')) : undefined;
  return name === undefined ? 0 : statSync(join(blobs(), name)).size;
};
const taken = (bytes: number) => expect.poll(incompleteBytes, { interval: 10 }).toBe(bytes);
const never = () => new Promise<void>(() => undefined);

describe('a model of the hub', () => {
  it('is planned before anything is fetched', async () => {
    const plan = await planDownload(environment, asked(), new AbortController().signal);
    expect(plan.files.map(({ name }) => name).sort()).toEqual([
      'config.json',
      'generation_config.json',
      'model.safetensors',
    ]);
    expect(plan).toMatchObject({ commit, host: new URL(hub.url).host, revision: 'main' });
    expect(plan.files.every(({ present }) => !present)).toBe(true);
    expect(hub.requests).toHaveLength(1);
    expect(existsSync(cache)).toBe(false);
  });

  it.each([
    ['tokenizer.model', ['tokenizer.model']],
    ['tekken.json', ['tekken.json']],
    ['tokenizer.json', ['tokenizer.json', 'tokenizer.model']],
  ])('is planned with the vocabulary that its tokenizer is read from: %s', async (name, expected) => {
    await hub.close();
    const others = name === 'tokenizer.json' ? ['tokenizer.model', 'tekken.json'] : [];
    hub = await startHub(id, new Map([...files, ...[name, ...others].map((one) => [one, Buffer.from('x')] as const)]));
    const plan = await planDownload({ ...environment, HF_ENDPOINT: hub.url }, asked(), new AbortController().signal);
    expect(plan.files.map((file) => file.name).filter((one) => /^(tokenizer|tekken)/.test(one))).toEqual(expected);
  });

  it('has the modules of sentence-transformers in their folders, and no others', async () => {
    await hub.close();
    const modules = ['modules.json', '1_Pooling/config.json', '2_Dense/config.json', '2_Dense/model.safetensors'];
    const others = ['2_Dense/pytorch_model.bin', '2_Dense/../config.json', 'onnx/model.safetensors'];
    hub = await startHub(
      id,
      new Map([...files, ...[...modules, ...others].map((name) => [name, Buffer.from(name)] as const)]),
    );
    environment = { ...environment, HF_ENDPOINT: hub.url };
    const snapshot = await download();
    for (const name of modules) expect(readFileSync(join(snapshot, name), 'utf8')).toBe(name);
    expect(readdirSync(join(snapshot, '2_Dense')).sort()).toEqual(['config.json', 'model.safetensors']);
    expect(existsSync(join(snapshot, 'onnx'))).toBe(false);
  });

  it('lies in the cache in the layout of Hugging Face, and is not fetched twice', async () => {
    const told: number[] = [];
    const snapshot = await download(undefined, (done) => told.push(done));
    expect(snapshot).toBe(join(cache, 'models--org--tiny', 'snapshots', commit));
    for (const name of ['config.json', 'generation_config.json', 'model.safetensors']) {
      expect(readFileSync(join(snapshot, name))).toEqual(files.get(name));
      expect(lstatSync(join(snapshot, name)).isSymbolicLink()).toBe(process.platform !== 'win32');
    }
    expect(readdirSync(snapshot)).toHaveLength(3);
    expect(readdirSync(blobs())).toHaveLength(3);
    expect(readFileSync(join(cache, 'models--org--tiny', 'refs', 'main'), 'utf8')).toBe(commit);
    expect(told.at(-1)).toBe(2 + weights.length + (files.get('config.json')?.length ?? 0));
    expect(told).toEqual([...told].sort((one, other) => one - other));
    hub.requests.splice(0);
    await download();
    expect(hub.requests.map(({ line }) => line)).toEqual([`GET /api/models/org/tiny/revision/main?blobs=true`]);
    expect(await listCachedModels(environment)).toEqual([
      { repository: id, revision: 'main', kind: 'folder', path: snapshot, modelType: 'llama', bytes: weights.length },
    ]);
  });

  it('is fetched again where a file of the cache was changed, though its size is the same', async () => {
    const snapshot = await download();
    const changed = join(snapshot, 'model.safetensors');
    writeFileSync(changed, Buffer.alloc(weights.length, 7));
    await download();
    expect(readFileSync(changed)).toEqual(weights);
  });

  it('writes to no link that lies where it keeps what has come', async () => {
    const victim = join(temporaryFolder(), 'victim.txt');
    writeFileSync(victim, 'mine');
    mkdirSync(blobs(), { recursive: true });
    const hash = createHash('sha256').update(weights).digest('hex');
    symlinkSync(victim, join(blobs(), `${hash}.incomplete`));
    const snapshot = await download();
    expect(readFileSync(victim, 'utf8')).toBe('mine');
    expect(readFileSync(join(snapshot, 'model.safetensors'))).toEqual(weights);
  });

  it('waits for a connection that has stalled no longer than a minute', async () => {
    const never = () => new Promise<never>(() => undefined);
    await expect(unlessStalled(new AbortController().signal, never, 20)).rejects.toThrow('nothing arrived for 0.02 s');
  });

  it('gives the token to encrypted connections only, and to this machine', () => {
    const may = (address: string) => isPrivate(new URL(address));
    expect(['https://hub.example', 'http://127.0.0.1:9', 'http://localhost'].map(may)).toEqual([true, true, true]);
    expect(['http://hub.example', 'http://localhost.example'].map(may)).toEqual([false, false]);
  });

  it('says nothing of the credentials of an address', async () => {
    for (const address of ['http://me:SECRET@127.0.0.1:9', 'ftp://me:SECRET@hub']) {
      environment['HF_ENDPOINT'] = address;
      await expect(download()).rejects.toThrow(
        expect.not.objectContaining({ message: expect.stringContaining('SECRET') }),
      );
    }
  });

  it('sends the token to the hub and to nobody else', async () => {
    environment['HF_TOKEN'] = 'hf_secret';
    await download();
    const ofHub = hub.requests.filter(({ host }) => host === new URL(hub.url).host);
    const ofStorage = hub.requests.filter(({ host }) => host !== new URL(hub.url).host);
    expect(ofStorage).toHaveLength(1);
    expect(ofHub.every(({ authorization }) => authorization === 'Bearer hf_secret')).toBe(true);
    expect(ofStorage.every(({ authorization }) => authorization === null)).toBe(true);
  });

  it('goes on where the connection broke', async () => {
    hub.behavior.drop = { name: 'model.safetensors', afterBytes: 1000, times: 2, taken };
    const snapshot = await download();
    expect(readFileSync(join(snapshot, 'model.safetensors'))).toEqual(weights);
    const ranges = hub.requests.filter(({ line }) => line === 'GET /model.safetensors').map(({ range }) => range);
    expect(ranges).toEqual([null, 'bytes=1000-', 'bytes=2000-']);
  });

  it('starts over where the server knows no ranges', async () => {
    hub.behavior.drop = { name: 'model.safetensors', afterBytes: 1000, times: 1, taken };
    hub.behavior.ignoresRange = true;
    const snapshot = await download();
    expect(readFileSync(join(snapshot, 'model.safetensors'))).toEqual(weights);
  });

  it('keeps what came when it is cancelled, and goes on from there', async () => {
    hub.behavior.drop = { name: 'model.safetensors', afterBytes: 5000, times: 1, taken: never };
    const controller = new AbortController();
    const stop = (done: number) => {
      if (done > 4000) controller.abort(new StudioError('cancelled', 'Enough.'));
    };
    await expect(download(controller.signal, stop)).rejects.toMatchObject({ code: 'cancelled' });
    const partial = readdirSync(blobs()).find((name) => name.endsWith('.incomplete'));
    const bytes = statSync(join(blobs(), partial ?? '')).size;
    expect(bytes).toBe(5000);
    hub.requests.splice(0);
    await download();
    expect(hub.requests.map(({ range }) => range)).toContain(`bytes=${bytes}-`);
    expect(readdirSync(blobs()).some((name) => name.endsWith('.incomplete'))).toBe(false);
  });

  it.each(['model.safetensors', 'config.json'])('refuses other bytes than the hub names for %s', async (name) => {
    const wrong = Buffer.from(files.get(name) ?? '');
    wrong[10] = (wrong[10] ?? 0) ^ 1;
    hub.behavior.replaced = new Map([[name, wrong]]);
    await expect(download()).rejects.toThrow(new RegExp(`${name} does not match the hub`));
    expect(existsSync(join(cache, 'models--org--tiny', 'refs'))).toBe(false);
    delete hub.behavior.replaced;
    await download();
  });

  it('refuses a file that is longer than the hub says', async () => {
    hub.behavior.replaced = new Map([['model.safetensors', Buffer.concat([weights, weights])]]);
    await expect(download()).rejects.toThrow(/model.safetensors is longer than/);
  });

  it.each([
    [401, 'refused', /denies access to the model org\/tiny \(401\)/],
    [403, 'refused', /denies access to the model org\/tiny \(403\)/],
    [404, 'not_found', /does not have the model org\/tiny\./],
    [500, 'refused', /answers 500/],
  ])('says what %i means', async (status, code, message) => {
    hub.behavior.status = status;
    const failure = await download().catch((error: unknown) => error);
    expect(failure).toMatchObject({ code, message: expect.stringMatching(message) });
  });

  it('is not fetched offline, from nowhere, or by a name that is none', async () => {
    environment['HF_HUB_OFFLINE'] = '1';
    await expect(download()).rejects.toThrow(/HF_HUB_OFFLINE is set/);
    expect(hub.requests).toEqual([]);
    environment['HF_HUB_OFFLINE'] = '0';
    environment['HF_ENDPOINT'] = 'ftp://hub';
    await expect(download()).rejects.toThrow(/HF_ENDPOINT is not a web address/);
    environment['HF_ENDPOINT'] = 'http://127.0.0.1:9';
    await expect(download()).rejects.toThrow(/127.0.0.1:9 cannot be reached/);
    environment['HF_ENDPOINT'] = 'http://hub.invalid';
    await expect(download()).rejects.toMatchObject({
      message: 'hub.invalid cannot be reached: there is no network, or no such host.',
      details: expect.stringContaining('hub.invalid'),
    });
    for (const name of ['../etc', 'org/../x', 'a/b/c', 'org/', 'org/na me', ''])
      await expect(planDownload(environment, asked(name), new AbortController().signal)).rejects.toThrow(
        /is not the name of a model/,
      );
    await expect(
      planDownload(environment, { ...asked(), revision: '../../x' }, new AbortController().signal),
    ).rejects.toThrow(/not a revision/);
  });
});

it('a model without safetensors is refused with the reason', async () => {
  await hub.close();
  hub = await startHub(id, new Map([...files].filter(([name]) => name !== 'model.safetensors')));
  environment['HF_ENDPOINT'] = hub.url;
  await expect(download()).rejects.toMatchObject({
    code: 'refused',
    message: expect.stringContaining('has no model.safetensors'),
    hint: expect.stringContaining('pytorch_model.bin'),
  });
});

describe('GGUF files of the hub', () => {
  const gguf = readFileSync(join(goldenPath('gguf'), 'llama.gguf'));
  const types = ['Q2_K', 'Q4_K_M', 'q8_0', 'BF16'].map((type): [string, Buffer] => [`Tiny-${type}.gguf`, gguf]);
  const others: [string, Buffer][] = [
    ['mmproj-Tiny-F16.gguf', gguf],
    ['Tiny-Q6_K-00001-of-00002.gguf', gguf],
    ['Tiny.gguf', gguf],
  ];
  const plan = (repository?: string, quantization?: string | null) =>
    planDownload(environment, asked(repository, quantization), new AbortController().signal);

  beforeEach(async () => {
    await hub.close();
    hub = await startHub(id, new Map([...types, ...others, ['README.md', Buffer.from('words')]]));
    environment['HF_ENDPOINT'] = hub.url;
  });

  it('are chosen by type, and by the usual one where none is named', async () => {
    const usual = await plan();
    expect(usual).toMatchObject({ quantization: 'Q4_K_M', files: [{ name: 'Tiny-Q4_K_M.gguf' }] });
    expect(usual.formats.map(({ quantization }) => quantization).sort()).toEqual(['BF16', 'Q2_K', 'Q4_K_M', 'Q8_0']);
    for (const written of [`${id}:Q8_0`, `https://huggingface.co/${id}:q8_0`, `hf.co/${id}:Q8_0`])
      expect((await plan(written)).files).toMatchObject([{ name: 'Tiny-q8_0.gguf' }]);
    expect((await plan(id, 'q2_k')).files).toMatchObject([{ name: 'Tiny-Q2_K.gguf' }]);
  });

  it('are refused by name where there is none, or only parts', async () => {
    await expect(plan(id, 'Q5_K_M')).rejects.toMatchObject({
      code: 'not_found',
      message: 'the model org/tiny has no GGUF file in Q5_K_M.',
      hint: expect.stringContaining('Q4_K_M ('),
    });
    await expect(plan(id, 'Q6_K')).rejects.toMatchObject({
      message: 'the model org/tiny has Q6_K only in several files, which the studio does not read.',
    });
  });

  it('stand back behind safetensors, unless one is asked for', async () => {
    await hub.close();
    hub = await startHub(id, new Map([...files, ...types]));
    environment['HF_ENDPOINT'] = hub.url;
    const usual = await plan();
    expect(usual.quantization).toBeNull();
    expect(usual.files.map(({ name }) => name)).toContain('model.safetensors');
    expect(usual.formats[0]).toEqual({ quantization: null, bytes: weights.length });
    expect((await plan(`${id}:BF16`)).files).toMatchObject([{ name: 'Tiny-BF16.gguf' }]);
  });

  it('become a model of the studio', async () => {
    for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
    const backend = await openBackend({ startEngine: engine });
    const job = await backend.handle('models.download', { repository: `${id}:Q8_0` });
    await backend.idle();
    const model = await madeModel(backend, job.id);
    expect(model).toMatchObject({ name: 'Tiny-q8_0', description: { family: 'llama' } });
    expect(model.path.startsWith(backend.home)).toBe(true);
    vi.unstubAllEnvs();
  });
});

describe('the studio', () => {
  beforeEach(() => {
    for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  });
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  it('gets a model by a job, and has it then', async () => {
    const backend = await openBackend({ startEngine: engine });
    const job = await backend.handle('models.download', { repository: id });
    await backend.idle();
    expect(await backend.handle('jobs.get', { id: job.id })).toMatchObject({ kind: 'download', status: 'completed' });
    const model = await madeModel(backend, job.id);
    expect(model).toMatchObject({ name: id, description: { family: 'llama' } });
    // Once more is the same model.
    const again = await backend.handle('models.download', { repository: id });
    await backend.idle();
    expect((await madeModel(backend, again.id)).id).toBe(model.id);
  });

  /** Begins to get a model whose weights do not come to an end, and waits until some have come. */
  async function beginToGet(backend: OpenBackend): Promise<string> {
    hub.behavior.drop = { name: 'model.safetensors', afterBytes: 5000, times: 1, taken: never };
    const job = await backend.handle('models.download', { repository: id });
    await expect.poll(incompleteBytes).toBe(5000);
    return job.id;
  }

  it('ends a download that is cancelled, and takes up the next', async () => {
    const backend = await openBackend({ startEngine: engine });
    const jobId = await beginToGet(backend);
    await backend.handle('jobs.cancel', { id: jobId });
    await backend.idle();
    expect((await backend.handle('jobs.get', { id: jobId })).status).toBe('cancelled');
    const next = await backend.handle('models.download', { repository: id });
    await backend.idle();
    expect((await backend.handle('jobs.get', { id: next.id })).status).toBe('completed');
    expect(hub.requests.map(({ range }) => range)).toContain('bytes=5000-');
  });

  it('closes at once, and says of the download that it was interrupted', async () => {
    const backend = await openBackend({ startEngine: engine });
    const jobId = await beginToGet(backend);
    await backend.close();
    const reopened = await openBackend({ startEngine: engine, home: backend.home });
    expect(await reopened.handle('jobs.get', { id: jobId })).toMatchObject({
      status: 'interrupted',
      error: { message: 'The studio was closed.' },
    });
    expect(incompleteBytes()).toBe(5000);
  });
});

it('the cache is listed as it is: GGUF files too, nothing that is broken', async () => {
  const snapshot = join(cache, 'models--org--quantized', 'snapshots', commit);
  mkdirSync(snapshot, { recursive: true });
  writeFileSync(join(snapshot, 'model.Q4_K_M.gguf'), 'GGUF');
  symlinkSync('../../blobs/gone', join(snapshot, 'model.safetensors'));
  writeFileSync(join(snapshot, 'config.json'), '{"model_type": "llama"}');
  mkdirSync(join(cache, 'datasets--org--x', 'snapshots', commit), { recursive: true });
  expect(await listCachedModels(environment)).toEqual([
    {
      repository: 'org/quantized',
      revision: commit.slice(0, 8),
      kind: 'gguf',
      path: join(snapshot, 'model.Q4_K_M.gguf'),
      modelType: null,
      bytes: 4,
    },
  ]);
  expect(await listCachedModels({ HF_HOME: join(cache, 'nowhere') })).toEqual([]);
});
