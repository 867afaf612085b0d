import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { AdaptedModel } from '../../src-main/engine/adapters/model/adapted-model.ts';
import { activateCompute } from '../../src-main/engine/compute/index.ts';
import type { ComputeChoice } from '../../src-main/engine/compute/selection.ts';
import { readEndTokens } from '../../src-main/engine/generation/end-tokens.ts';
import { Generation } from '../../src-main/engine/generation/generation.ts';
import { KeyValueCache } from '../../src-main/engine/models/key-value-cache.ts';
import { loadBaseModel } from '../../src-main/engine/models/load-model.ts';
import { openTask } from '../../src-main/engine/tasks/open-task.ts';
import { readSafetensors } from '../../src-main/engine/tensors/safetensors.ts';
import { renderChat } from '../../src-main/engine/tokenization/chat-template.ts';
import { loadTokenizer, type TextTokenizer } from '../../src-main/engine/tokenization/tokenizer.ts';
import { taskSettingsSchema } from '../../src-shared/domain/runs/task.ts';
import { relativeDifference } from '../engine/golden.ts';
import { realGolden, smolLm2Folder } from './models.ts';

const expected = z
  .object({
    chats: z.array(z.object({ question: z.string(), rendered: z.string(), answer: z.string() })),
    texts: z.array(z.string()),
    mean_negative_log_likelihood: z.array(z.number()),
  })
  .parse(JSON.parse(readFileSync(realGolden('smollm2', 'expected.json'), 'utf8')));

describe('the tokenizer of SmolLM2', () => {
  it.each(expected.chats)('renders and splits "$question" as transformers does', async ({ question, rendered }) => {
    const tokenizer = await loadTokenizer(smolLm2Folder());
    const prompt = renderChat(tokenizer, [{ role: 'user', content: question }]);
    expect(prompt).toBe(rendered);
    const index = expected.chats.findIndex((chat) => chat.question === question);
    const golden = await readSafetensors(realGolden('smollm2', `chat-${index}.safetensors`));
    const { ids } = tokenizer.encode(prompt, { addSpecialTokens: false });
    expect([...ids]).toEqual(Array.from(golden.get('input_ids')?.data ?? [], Number));
  });
});

/** <|im_end|>, the eos_token of the instructed model. */
const endOfText = 2;

const backends: ComputeChoice[] = ['native', 'wasm'];
describe.each(backends)('SmolLM2 on %s', (backend) => {
  let model: AdaptedModel;
  let tokenizer: TextTokenizer;
  beforeAll(async () => {
    await activateCompute(backend);
    model = new AdaptedModel(await loadBaseModel(smolLm2Folder()));
    tokenizer = await loadTokenizer(smolLm2Folder());
  });
  afterAll(() => {
    model.dispose();
    model.base.dispose();
  });

  it.each(expected.chats.map((chat, index) => ({ ...chat, index })))(
    'answers "$question" in the words of transformers',
    async ({ index, answer }) => {
      const golden = await readSafetensors(realGolden('smollm2', `chat-${index}.safetensors`));
      const numbers = (name: string) => Array.from(golden.get(name)?.data ?? [], Number);
      const prompt = numbers('input_ids');
      const logits = Float32Array.from(nextLogits(model, prompt));
      const ids = numbers('last_logits_top50_ids');
      const top = ids.map((id) => logits[id] ?? Number.NaN);
      expect(relativeDifference(top, numbers('last_logits_top50'))).toBeLessThan(1e-4);
      expect(Math.abs(logSumExp(logits) / (numbers('last_logits_logsumexp')[0] ?? Number.NaN) - 1)).toBeLessThan(1e-4);

      const wanted = numbers('generated');
      const options = { maxNewTokens: 24, parameters: { temperature: 0 }, seed: 0 };
      const endTokens = await readEndTokens(smolLm2Folder());
      const generation = new Generation(model, [prompt], { ...options, endTokens });
      while (!generation.done) await generation.step();
      const made = generation.tokens(0).slice(prompt.length);
      generation.dispose();
      expect(made).toEqual(wanted);
      expect(tokenizer.decode(made, { skipSpecialTokens: true }).trim()).toBe(answer);
    },
  );

  it('gives four samples the likelihood that they have in transformers', () => {
    for (const [index, text] of expected.texts.entries()) {
      const { ids } = tokenizer.encode(text);
      const input = tf.tensor2d([...ids], [1, ids.length], 'int32');
      const rows = model.forward({ input_ids: input });
      const values = Float32Array.from(rows.dataSync());
      const size = rows.shape[1];
      tf.dispose([input, rows]);
      const costs = ids.slice(1).map((id, row) => {
        const logits = values.subarray(row * size, (row + 1) * size);
        return logSumExp(logits) - (logits[id] ?? Number.NaN);
      });
      const likelihood = costs.reduce((sum, cost) => sum + cost, 0) / costs.length;
      expect(Math.abs(likelihood - (expected.mean_negative_log_likelihood[index] ?? Number.NaN))).toBeLessThan(1e-4);
    }
  });
});

describe('the task of writing text', () => {
  it('scores four samples by the perplexity that follows from their likelihood in transformers', async () => {
    await activateCompute('native');
    const folder = mkdtempSync(join(tmpdir(), 'coto-real-'));
    const data = join(folder, 'texts');
    mkdirSync(data);
    for (const split of ['train', 'test'])
      writeFileSync(join(data, `${split}.jsonl`), expected.texts.map((text) => JSON.stringify({ text })).join('\n'));
    const model = new AdaptedModel(await loadBaseModel(smolLm2Folder()));
    try {
      const tokenizer = await loadTokenizer(smolLm2Folder());
      const source = { reader: 'jsonl', path: data, options: {} };
      const settings = taskSettingsSchema.parse({});
      const request = {
        modelDirectory: smolLm2Folder(),
        model: model.base.description,
        source,
        settings,
        training: false,
      };
      const task = await openTask(request, { emit: () => undefined, signal: async () => null });
      const outputs = await task.outputs(model, Int32Array.of(0, 1, 2, 3), { batchSize: 4 });
      if (outputs.kind !== 'tokens') throw new Error('another task');
      // The task also asks for the end of each text, which the golden likelihoods leave out.
      let [lossSum, tokens] = [0, 0];
      for (const [index, text] of expected.texts.entries()) {
        const { ids } = tokenizer.encode(text);
        lossSum +=
          (expected.mean_negative_log_likelihood[index] ?? Number.NaN) * (ids.length - 1) + endLoss(model, ids);
        tokens += ids.length;
      }
      const sum = (values: Iterable<number>) => [...values].reduce((total, value) => total + value, 0);
      expect(sum(outputs.tokens)).toBe(tokens);
      expect(Math.abs(sum(outputs.lossSums) / lossSum - 1)).toBeLessThan(1e-4);
      task.close();
    } finally {
      model.dispose();
      model.base.dispose();
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

/** −log of the probability that the text ends. */
function endLoss(model: AdaptedModel, ids: readonly number[]): number {
  const logits = Float32Array.from(nextLogits(model, ids));
  return logSumExp(logits) - (logits[endOfText] ?? Number.NaN);
}

function nextLogits(model: AdaptedModel, prompt: readonly number[]): ArrayLike<number> {
  const cache = new KeyValueCache();
  const ids = tf.tensor2d([...prompt], [1, prompt.length], 'int32');
  const logits = model.nextLogits({ input_ids: ids }, cache);
  const values = logits.dataSync();
  tf.dispose([ids, logits]);
  cache.dispose();
  return values;
}

function logSumExp(values: Float32Array): number {
  const highest = values.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
  return highest + Math.log(values.reduce((sum, value) => sum + Math.exp(value - highest), 0));
}
