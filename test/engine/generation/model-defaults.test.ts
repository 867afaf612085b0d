import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { readModelDefaults } from '../../../src-main/engine/generation/model-defaults.ts';

const folder = mkdtempSync(join(tmpdir(), 'coto-defaults-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function defaultsOf(text: string) {
  writeFileSync(join(folder, 'generation_config.json'), text);
  return readModelDefaults(folder);
}

it.each([
  [
    "Llama 3.2 Instruct's, whose other keys are ignored",
    '{"bos_token_id":128000,"do_sample":true,"eos_token_id":[128001,128008],"temperature":0.6,"top_p":0.9,"transformers_version":"4.45.0.dev0"}',
    { temperature: 0.6, top_p: 0.9 },
  ],
  [
    "Qwen 2.5 Instruct's",
    '{"do_sample":true,"repetition_penalty":1.1,"temperature":0.7,"top_p":0.8,"top_k":20,"max_new_tokens":2048}',
    { repetition_penalty: 1.1, temperature: 0.7, top_p: 0.8, top_k: 20, max_new_tokens: 2048 },
  ],
  ["gpt2's, which says nothing of sampling", '{"_from_model_config":true,"eos_token_id":50256}', {}],
  ['sampling at the temperature that Transformers leaves out', '{"do_sample":true,"top_k":null}', { temperature: 1 }],
  ['greedy whatever else', '{"do_sample":false,"temperature":0.6,"top_p":0.9}', { temperature: 0, top_p: 0.9 }],
])('reads %s', async (_, text, values) => {
  expect(await defaultsOf(text)).toEqual({ values, note: null });
});

it('leaves out what is out of bounds or no number, and says so', async () => {
  const wrong = '{"do_sample":"yes","temperature":-1,"top_p":"high","top_k":1.5,"min_p":0.1,"max_new_tokens":0}';
  const { values, note } = await defaultsOf(wrong);
  expect(values).toEqual({ min_p: 0.1 });
  expect(note).toBe(
    "Ignored in the model's generation_config.json: temperature is -1 (Must be at least 0.); top_k is 1.5 (Enter an integer.); " +
      'top_p is "high" (Enter a number.); max_new_tokens is 0 (Must be at least 1.)',
  );
});

it.each(['{"temperature":', '[0.7]', '"0.7"'])('refuses %s', async (text) => {
  await expect(defaultsOf(text)).rejects.toMatchObject({
    code: 'invalid_file',
    message: expect.stringContaining('generation_config.json is not'),
  });
});

it('is empty without the file', async () => {
  expect(await readModelDefaults(join(folder, 'none'))).toEqual({ values: {}, note: null });
});
