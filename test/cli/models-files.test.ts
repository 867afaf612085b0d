import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { cachedModelSchema, downloadPlanSchema } from '../../src-shared/domain/models/hub.ts';
import { modelRecordSchema } from '../../src-shared/domain/models/model.ts';
import { commit, type HubServer, startHub } from '../backend/library/huggingface/hub-server.ts';
import { goldenPath } from '../engine/golden.ts';
import { cotoOn, temporaryFolder } from './run-command.ts';

const folder = temporaryFolder();
const home = join(folder, 'home');
const coto = cotoOn(home);
const base = goldenPath('llama', 'base');
const cache = join(folder, 'hub');
let hub: HubServer;

beforeAll(async () => {
  hub = await startHub('org/tiny', new Map(readdirSync(base).map((name) => [name, readFileSync(join(base, name))])));
});
afterAll(() => hub.close());
afterEach(() => vi.unstubAllEnvs());

const withHub = () => {
  vi.stubEnv('HF_ENDPOINT', hub.url);
  vi.stubEnv('HF_HUB_CACHE', cache);
};

test('models add makes a folder of a GGUF file', async () => {
  const { code, out } = await coto(['models', 'add', goldenPath('gguf', 'qwen2.gguf'), '--name', 'two', '--json']);
  expect(code).toBe(0);
  const model = modelRecordSchema.parse(JSON.parse(out));
  expect(model).toMatchObject({ name: 'two', path: join(home, 'models', 'two'), description: { family: 'qwen2' } });
  expect(existsSync(join(model.path, 'tokenizer.json'))).toBe(true);
});

test('a GGUF file that is none is refused in one line', async () => {
  const file = join(folder, 'readme.gguf');
  copyFileSync(goldenPath('gguf', 'README.md'), file);
  const { code, err } = await coto(['models', 'add', file]);
  expect(code).not.toBe(0);
  expect(err).toMatch(/^coto: .*readme\.gguf is not a GGUF file: it does not begin with "GGUF"\./m);
});

test('models get says what it would fetch, fetches it, and the cache lists it', async () => {
  withHub();
  const plan = await coto(['models', 'get', 'org/tiny', '--dry-run', '--json']);
  expect(downloadPlanSchema.parse(JSON.parse(plan.out))).toMatchObject({ commit, repository: 'org/tiny' });
  expect(existsSync(cache)).toBe(false);
  const { code, out, err } = await coto(['models', 'get', 'org/tiny', '--json']);
  expect(code).toBe(0);
  expect(err).toContain(`org/tiny from ${new URL(hub.url).host} into ${cache}`);
  const model = modelRecordSchema.parse(JSON.parse(out));
  expect(model).toMatchObject({ name: 'org/tiny', path: join(cache, 'models--org--tiny', 'snapshots', commit) });
  const list = await coto(['models', 'list', '--cache', '--json']);
  expect(cachedModelSchema.array().parse(JSON.parse(list.out))).toMatchObject([
    { repository: 'org/tiny', revision: 'main', modelType: 'llama', path: model.path },
  ]);
  expect((await coto(['models', 'list', '--cache'])).out).toMatch(/org\/tiny +main +llama/);
});

test('models get goes nowhere offline', async () => {
  withHub();
  vi.stubEnv('HF_HUB_OFFLINE', '1');
  const before = hub.requests.length;
  const { code, err } = await coto(['models', 'get', 'org/tiny']);
  expect(code).not.toBe(0);
  expect(err).toMatch(/HF_HUB_OFFLINE is set/);
  expect(hub.requests).toHaveLength(before);
});

test('export writes a GGUF adapter, and no form that there is not', async () => {
  expect((await coto(['models', 'add', base])).code).toBe(0);
  const adapter = goldenPath('llama', 'adapters', 'rslora');
  const file = join(folder, 'out', 'adapter.gguf');
  mkdirSync(join(folder, 'out'));
  const imported = await coto(['adapters', 'import', adapter, '--model', base, '--name', 'mine']);
  expect(imported.code).toBe(0);
  const written = await coto(['export', '--adapter', 'mine', '--to', 'gguf-lora', '--out', file]);
  expect(written).toMatchObject({ code: 0, out: `${file}\n` });
  expect(readFileSync(file).subarray(0, 4).toString()).toBe('GGUF');
  const unknown = await coto(['export', '--adapter', 'mine', '--to', 'onnx', '--out', join(folder, 'x')]);
  expect(unknown.code).not.toBe(0);
  expect(unknown.err).toMatch(/There is no export target "onnx"\. Choose one of .*gguf-lora/);
});
