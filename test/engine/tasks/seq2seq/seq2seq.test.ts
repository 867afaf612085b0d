import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AdaptedModel } from '../../../../src-main/engine/adapters/model/adapted-model.ts';
import { activateCompute } from '../../../../src-main/engine/compute/index.ts';
import { recordInputs } from '../../../../src-main/engine/evaluation/record-inputs.ts';
import { deviceInputs } from '../../../../src-main/engine/losses/batch-inputs.ts';
import { describeModel } from '../../../../src-main/engine/models/huggingface/model-folder.ts';
import { loadBaseModel } from '../../../../src-main/engine/models/load-model.ts';
import { scoreOutputs } from '../../../../src-main/engine/outcomes/index.ts';
import { requireTask } from '../../../../src-main/engine/tasks/index.ts';
import { noColumns } from '../../../../src-shared/domain/data/dataset.ts';
import type { ModelDescription } from '../../../../src-shared/domain/models/model.ts';
import { defaultTask } from '../../../../src-shared/domain/runs/task.ts';
import { testCompute } from '../../test-compute.ts';
import { jsonlFolder, littleT5, openOn } from '../text-task.ts';

const folder = mkdtempSync(join(tmpdir(), 'coto-seq2seq-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const rows = [
  { prompt: 'the film was very long .', completion: 'a long film' },
  { prompt: 'the book', completion: 'a book .' },
  { prompt: 'a good book was short .', completion: 'good' },
];
/** Ids of the little T5's tokens. */
const [pad, end, space, dot] = [0, 1, 3, 4] as const;
const [good, bad, film, book, the, was, a, very, long] = [5, 6, 7, 8, 9, 10, 11, 12, 13] as const;
const [letterX, sentinel] = [39, 43] as const;
let model = '';
let description: ModelDescription;
let data = '';

beforeAll(async () => {
  await activateCompute(testCompute);
  model = littleT5(join(folder, 't5'));
  description = await describeModel(model);
  data = jsonlFolder(join(folder, 'data'), rows, rows.slice(0, 2));
});

describe('text to text', () => {
  it('is the default of a model with an encoder and a decoder', () => {
    const columns = { text: null, label: null, prompt: 'prompt', completion: 'completion', rejected: 'rejected' };
    expect(defaultTask(description, { ...noColumns, ...columns })).toBe('seq2seq');
    expect(defaultTask(description, { ...noColumns, text: 'text', label: 'label' })).toBe('seq2seq');
  });

  it('gives the decoder the target one place later, with every token of it and its end in the loss', async () => {
    const task = await openOn(model, description, data);
    const { inputs, loss } = await task.train.load(Int32Array.of(0, 1));
    expect(inputs['input_ids']).toEqual({
      shape: [2, 8],
      data: Int32Array.of(...[the, film, was, very, long, space, dot, end], ...[the, book, end, ...Array(5).fill(pad)]),
    });
    expect(inputs['attention_mask']?.data).toEqual(Int32Array.of(...Array(8).fill(1), 1, 1, 1, 0, 0, 0, 0, 0));
    expect(inputs['decoder_input_ids']).toEqual({
      shape: [2, 5],
      data: Int32Array.of(...[pad, a, long, film, pad], ...[pad, a, book, space, dot]),
    });
    expect('labels' in loss && loss.labels).toEqual(
      Int32Array.of(...[a, long, film, end, -100], ...[a, book, space, dot, end]),
    );
    expect('ends' in loss && loss.ends).toEqual(Uint8Array.of(0, 0, 0, 1, 0, 0, 0, 0, 0, 1));
    expect(task.notes).toEqual([]);
    expect(task.metrics).toEqual(expect.arrayContaining(['loss', 'accuracy', 'perplexity', 'exact_match']));
    task.close();
  });

  it('truncates prompts and targets before their end tokens, and says so', async () => {
    const task = await openOn(model, description, data, { max_length: 4, max_target_length: 3 });
    const { inputs, loss } = await task.train.load(Int32Array.of(0));
    expect(inputs['input_ids']?.data).toEqual(Int32Array.of(the, film, was, end));
    expect('labels' in loss && loss.labels).toEqual(Int32Array.of(a, long, end));
    expect(task.notes).toEqual([
      '3 prompts are longer than 4 tokens and truncated.',
      '4 texts to write longer than 3 tokens (max_target_length): truncated.',
    ]);
    task.close();
  });

  it('skips rows without a target, and is refused where there is none at all', async () => {
    const asked = (answer: string | null) => ({
      ...{ question: 'was good', context: 'the film was good .' },
      answers: { text: answer === null ? [] : [answer], answer_start: answer === null ? [] : [4] },
    });
    const some = jsonlFolder(join(folder, 'some'), [asked('film'), asked(null)], [asked('film')]);
    const task = await openOn(model, description, some);
    const { loss } = await task.train.load(Int32Array.of(0));
    expect('labels' in loss && loss.labels).toEqual(Int32Array.of(film, end));
    expect(task.train.count).toBe(1);
    expect(task.notes).toEqual(['1 example has no text to write: skipped.']);
    task.close();
    const none = jsonlFolder(join(folder, 'none'), [asked(null)], [asked('film')]);
    await expect(openOn(model, description, none)).rejects.toThrow(/None of the 1 example has a text to write/);
  });

  it('reads texts with a class as texts to write', async () => {
    const classes = jsonlFolder(
      join(folder, 'classes'),
      rows.map(({ prompt }, index) => ({ text: prompt, label: index % 2 === 0 ? 'good' : 'bad' })),
      [{ text: 'the book', label: 'bad' }],
    );
    const task = await openOn(model, description, classes);
    const { loss } = await task.train.load(Int32Array.of(0, 1));
    expect('labels' in loss && loss.labels).toEqual(Int32Array.of(good, end, bad, end));
    expect(task.describe(0)).toMatchObject({ reference: 'bad' });
    expect(await task.show(0)).toEqual({ kind: 'prompt', text: 'the book', reference: 'bad' });
    task.close();
  });

  it('writes prompts like those of its examples', async () => {
    const task = await openOn(model, description, data, { prompt_template: 'very {prompt}' });
    expect(task.writing?.prompt('good <extra_id_0> x')).toEqual([very, good, sentinel, space, letterX, end]);
    expect(await task.writing?.endTokens()).toMatchObject({ start: 0, eos: expect.arrayContaining([1]) });
    task.close();
  });

  it('scores the loss of each token and whole texts that come out right', async () => {
    const task = await openOn(model, description, data);
    const base = await loadBaseModel(model);
    const adapted = new AdaptedModel(base);
    const outputs = await task.outputs(adapted, Int32Array.of(0, 1), { batchSize: 2 });
    const { loss, metrics } = await scoreOutputs(outputs);
    const batches = await Promise.all([0, 1].map((index) => task.train.load(Int32Array.of(index))));
    let [sum, count] = [0, 0];
    for (const { inputs, loss: own } of batches) {
      const value = tf.tidy(() => {
        const labels = 'labels' in own && own.labels instanceof Int32Array ? own.labels : new Int32Array();
        const logits = adapted.forward(deviceInputs(inputs));
        const picked = tf.sum(tf.mul(tf.logSoftmax(logits), tf.oneHot(tf.tensor1d([...labels], 'int32'), 72)));
        return [-Number(picked.dataSync()[0]), labels.length] as const;
      });
      sum += value[0];
      count += value[1];
    }
    expect(loss).toBeCloseTo(sum / count, 5);
    expect(metrics['exact_match']).toBe(0);
    expect(metrics['perplexity']).toBeGreaterThan(1);
    adapted.dispose();
    base.dispose();
    task.close();
  });

  it('records the inputs of a linear without the padding of its own text', async () => {
    const pairs = [
      { prompt: 'was the film good', completion: 'very' },
      { prompt: 'bad film', completion: 'the film was good' },
    ];
    const task = await openOn(model, description, jsonlFolder(join(folder, 'lengths'), pairs, pairs));
    const base = await loadBaseModel(model);
    const part = (stack: string, name: string) => `${stack}.block.0.layer.${name}`;
    const [encoder, decoder] = [part('encoder', '0.SelfAttention.q'), part('decoder', '0.SelfAttention.q')];
    const [crossed, keys] = [part('decoder', '1.EncDecAttention.q'), part('decoder', '1.EncDecAttention.k')];
    const options = { modules: new Set([encoder, decoder, crossed, keys]), rowsPerBatch: 100, seed: 1 };
    const batches = async function* () {
      const batch = await task.train.load(Int32Array.of(0, 1));
      // Both texts have as many tokens, yet each linear needs the mask of its own.
      expect(batch.inputs['decoder_input_ids']?.shape).toEqual(batch.inputs['input_ids']?.shape);
      yield batch;
    };
    const recorded = await recordInputs(base, null, batches(), options);
    // The end token is one of each text.
    const rowsOf = (name: string) => recorded.get(name)?.shape[0];
    expect([encoder, decoder, crossed, keys].map(rowsOf)).toEqual([8, 7, 7, 8]);
    const longer = await openOn(model, description, data);
    const uneven = async function* () {
      yield await longer.train.load(Int32Array.of(1, 2));
    };
    const other = await recordInputs(base, null, uneven(), options);
    expect([encoder, decoder, crossed, keys].map((name) => other.get(name)?.shape[0])).toEqual([11, 7, 7, 11]);
    base.dispose();
    task.close();
    longer.close();
  });

  it('is refused where the model names no first token of the decoder', async () => {
    const other = littleT5(join(folder, 'without-start'));
    for (const name of ['config.json', 'generation_config.json']) {
      const path = join(other, name);
      const { decoder_start_token_id: _, ...kept } = JSON.parse(readFileSync(path, 'utf8'));
      writeFileSync(path, JSON.stringify(kept));
    }
    await expect(openOn(other, description, data)).rejects.toThrow(/lacks the key "decoder_start_token_id"/);
  });
});

describe('data that do not fit', () => {
  const dataset = (columns: object) => ({
    kind: 'texts',
    text: { columns: { ...noColumns, ...columns }, labelKind: 'none' },
    labels: [],
  });
  it.each([
    ['tagged words', { words: 'tokens', tags: 'tags' }, /tagged words/],
    ['conversations', { messages: 'messages' }, /has conversations, which are learned by a language model without/],
    ['plain texts', { text: 'text' }, /no column with the texts to write/],
  ])('%s are refused', (_, columns, message) => {
    expect(() => requireTask('auto', description, dataset(columns) as never)).toThrow(message);
  });
  it('a language model without an encoder is refused', () => {
    const causal = { ...description, kind: 'causal-lm' as const };
    expect(() => requireTask('seq2seq', causal, dataset({ prompt: 'a', completion: 'b' }) as never)).toThrow(
      /has no encoder that reads a text/,
    );
  });
});
