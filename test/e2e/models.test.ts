import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { commit, type HubServer, startHub } from '../backend/library/huggingface/hub-server.ts';
import { goldenPath } from '../engine/golden.ts';
import { goTo, homeFolder, openStudio, type Studio } from './studio.ts';

const folder = mkdtempSync(join(tmpdir(), 'coto-e2e-models-'));
const cache = join(folder, 'hub');
const base = goldenPath('gpt2', 'base');
let hub: HubServer;
let studio: Studio;

beforeAll(async () => {
  hub = await startHub('org/tiny', new Map(readdirSync(base).map((name) => [name, readFileSync(join(base, name))])));
  const snapshot = join(cache, 'models--org--quantized', 'snapshots', commit);
  mkdirSync(snapshot, { recursive: true });
  cpSync(goldenPath('gguf', 'qwen3.gguf'), join(snapshot, 'qwen3.Q8_0.gguf'));
  vi.stubEnv('HF_HUB_CACHE', cache);
  vi.stubEnv('HF_ENDPOINT', hub.url);
  studio = await openStudio(homeFolder(folder));
});
afterEach(() => {
  expect(studio.problems).toEqual([]);
});
afterAll(async () => {
  await studio?.close();
  await hub?.close();
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

test('a GGUF file that lies in the Hugging Face cache becomes a base', async () => {
  const { page } = studio;
  await goTo(page, 'Models');
  await page.getByRole('button', { name: 'Add org/quantized' }).click();
  await page.getByRole('heading', { name: 'qwen3.Q8_0', exact: true }).waitFor();
  await page.getByText('qwen3 (Qwen3ForCausalLM)').waitFor();
  expect(hub.requests).toEqual([]);
});

test('a model of the hub is looked up, then fetched', async () => {
  const { page } = studio;
  await goTo(page, 'Models');
  await page.getByRole('button', { name: 'Download from Hugging Face…' }).click();
  const name = page.getByRole('textbox', { name: 'Model' });
  await name.fill('org/nowhere');
  await page.keyboard.press('Enter');
  await page
    .getByText(/does not have the model org\/nowhere/)
    .first()
    .waitFor();
  await name.fill('org/tiny');
  await page.keyboard.press('Enter');
  await page.getByRole('table', { name: 'Files of the model' }).getByText('model.safetensors').waitFor();
  // The lookup reads config.json and the header of the weights, never the weights.
  const ofWeights = hub.requests.filter(({ line }) => line.endsWith('/model.safetensors'));
  expect(ofWeights.length).toBeGreaterThan(0);
  expect(ofWeights.filter(({ range }) => !/^bytes=\d+-\d+$/.test(range ?? ''))).toEqual([]);
  await page.getByRole('button', { name: /^Download 3 files/ }).click();
  await page.getByRole('heading', { name: 'org/tiny', exact: true }).waitFor();
  await page.getByText('gpt2 (GPT2LMHeadModel)').waitFor();
});
