import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AdaptedModel } from '../../src-main/engine/adapters/model/adapted-model.ts';
import { readAdapter } from '../../src-main/engine/adapters/peft/adapter-folder.ts';
import type { AdapterState } from '../../src-main/engine/adapters/variant/state.ts';
import { activateCompute } from '../../src-main/engine/compute/index.ts';
import { convertGguf } from '../../src-main/engine/formats/gguf/convert.ts';
import { writeGgufLora } from '../../src-main/engine/formats/gguf/lora-file.ts';
import type { BaseModel } from '../../src-main/engine/models/base-model.ts';
import { describeModel, readConfig } from '../../src-main/engine/models/huggingface/model-folder.ts';
import { loadBaseModel } from '../../src-main/engine/models/load-model.ts';
import { goldenPath, reportDeviation } from '../engine/golden.ts';
import { hasLlamaCpp, type LlamaCppAnswer, runLlamaCpp } from './llama-cpp.ts';

const folder = mkdtempSync(join(tmpdir(), 'coto-gguf-real-'));
beforeAll(() => activateCompute('native'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Shorter than the window of Phi-3, which llama.cpp leaves out. */
const shortPrompt = [1, 17, 5, 42, 9];
/** Longer than the length that Phi-4-mini's golden model was trained on: llama.cpp takes LongRoPE's factors by the size of its context. */
const longPrompt = [...shortPrompt, 30, 31, 8, 55, 21, 12, 60, 4, 33, 27, 50, 19, 6, 44, 38];

/** llama.cpp keeps keys and values in float16. */
const rounding = 0.02;

/** llama.cpp loads a Phi-1 to Phi-2 only where its feed-forward part is four times as wide as its state. */
const families = readdirSync(goldenPath('gguf', 'families'))
  .map((name) => basename(name, '.gguf'))
  .filter((name) => name !== 'phi');

describe.skipIf(!hasLlamaCpp()).each(families)('%s', (family) => {
  it('and its adapter compute in llama.cpp what they compute here', async () => {
    const modelPath = goldenPath('gguf', 'families', `${family}.gguf`);
    const prompt = family === 'phi4-mini' ? longPrompt : shortPrompt;
    const { converted, base, model } = await loaded(family);
    const state = await adapterOf(family, base);
    const adapter = join(folder, `${family}.gguf`);
    await writeGgufLora(adapter, state, { description: base.description, config: await readConfig(converted) }, family);
    const [plain] = runLlamaCpp({ modelPath, prompts: [prompt] }).answers;
    const [adapted] = runLlamaCpp({ modelPath, adapter, prompts: [prompt] }).answers;
    expect(plain?.most).not.toEqual(adapted?.most);
    const differences = [difference(model, plain, prompt)];
    model.loadState(state);
    differences.push(difference(model, adapted, prompt));
    reportDeviation(family, 'llama.cpp', Math.max(...differences));
    expect(Math.max(...differences), differences.join(', ')).toBeLessThan(rounding);
    model.dispose();
    base.dispose();
  });
});

it.skipIf(!hasLlamaCpp())(
  'phi4-mini has the factors of short texts in llama.cpp where its context is short',
  async () => {
    const bytes = readFileSync(goldenPath('gguf', 'families', 'phi4-mini.gguf'));
    const key = 'phi3.rope.scaling.original_context_length';
    const modelPath = join(folder, 'phi4-mini-short.gguf');
    // The value follows the key and its type; llama.cpp runs with a context of 512 tokens.
    bytes.writeUInt32LE(512, bytes.indexOf(key) + key.length + 4);
    writeFileSync(modelPath, bytes);
    const { base, model } = await loaded('phi4-mini', 'phi4-mini-short');
    const [answer] = runLlamaCpp({ modelPath, prompts: [shortPrompt] }).answers;
    expect(difference(model, answer, shortPrompt)).toBeLessThan(rounding);
    const long = runLlamaCpp({ modelPath: goldenPath('gguf', 'families', 'phi4-mini.gguf'), prompts: [shortPrompt] });
    // With a longer context, llama.cpp computes the same text otherwise; Transformers goes by the text.
    expect(difference(model, long.answers[0], shortPrompt)).toBeGreaterThan(1);
    model.dispose();
    base.dispose();
  },
);

async function loaded(family: string, name = family) {
  const converted = join(folder, name);
  await mkdir(converted);
  await convertGguf(goldenPath('gguf', 'families', `${family}.gguf`), converted);
  const base = await loadBaseModel(converted);
  return { converted, base, model: new AdaptedModel(base) };
}

/** The golden adapter; of Qwen 3 MoE without the first layer, which has no experts and is not in the file. */
async function adapterOf(family: string, base: BaseModel): Promise<AdapterState> {
  const directory = goldenPath(family, 'adapters', 'lora');
  if (family !== 'qwen3-moe') return readAdapter(directory, base.description);
  const state = await readAdapter(directory, await describeModel(goldenPath(family, 'base')));
  const modules = [...state.modules].flatMap(([name, module]) => {
    const [, before = '', layer = '0', behind = ''] = /^(.*layers\.)(\d+)(\..*)$/.exec(name) ?? [];
    return layer === '0' ? [] : [[`${before}${Number(layer) - 1}${behind}`, module] as const];
  });
  return { ...state, modules: new Map(modules) };
}

/** Largest difference of the logarithms of the probabilities behind the prompt. */
function difference(model: AdaptedModel, answer: LlamaCppAnswer | undefined, prompt: readonly number[]): number {
  const own = tf.tidy(() => {
    const rows = model.forward({ input_ids: tf.tensor2d([...prompt], [1, prompt.length], 'int32') });
    return tf.logSoftmax(tf.slice(rows, [prompt.length - 1, 0], [1, -1])).dataSync();
  });
  const most = answer?.most ?? [];
  expect(most.length).toBe(50);
  return most.reduce((largest, [id, value]) => Math.max(largest, Math.abs((own[id] ?? Number.NaN) - value)), 0);
}
