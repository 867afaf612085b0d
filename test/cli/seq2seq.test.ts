import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { studyRecordSchema } from '../../src-shared/domain/studies/study.ts';
import { makeT5 } from '../engine/models/synthetic-t5.ts';
import { littleT5 } from '../engine/tasks/text-task.ts';
import { cotoOn, temporaryFolder } from './run-command.ts';
import { writeSmallAblation } from './small-ablation.ts';

const folder = temporaryFolder();
const coto = cotoOn(join(folder, 'home'));

const rows = [
  { prompt: 'was the film good', completion: 'the film was good .' },
  { prompt: 'was the book bad', completion: 'the book was bad .' },
  { prompt: 'was the film long', completion: 'the film was long .' },
  { prompt: 'was the book short', completion: 'the book was short .' },
];

const runSchema = z.object({
  run: z.looseObject({
    id: z.string(),
    result: z.looseObject({ evalLoss: z.number(), metrics: z.record(z.string(), z.number()) }),
  }),
  adapter: z.looseObject({ id: z.string() }),
});
const evaluationSchema = z.looseObject({ loss: z.number(), metrics: z.record(z.string(), z.number()) });
const generationSchema = z.looseObject({ texts: z.array(z.looseObject({ text: z.string(), finish: z.string() })) });

/** Runs the command, which must succeed. */
async function run(...words: string[]): Promise<string> {
  const { code, out, err } = await coto(words);
  expect(code, err).toBe(0);
  return out;
}

const settings = [
  ...['model=t5', 'dataset=questions', 'learning_rate=0.02', 'lr_scheduler_type=constant', 'warmup_steps=0'],
  ...['max_steps=60', 'per_device_train_batch_size=4', 'adapter.r=8', 'adapter.lora_alpha=16'],
  ...['adapter.target_modules=all-linear', 'sample_tokens=10', 'sample_count=2', 'eval_steps=30'],
];
const trained = async (...more: string[]) =>
  runSchema.parse(JSON.parse(await run('train', '--json', '--set', ...settings, ...more)));
const evaluated = async (adapter: string) =>
  evaluationSchema.parse(JSON.parse(await run('eval', '--dataset', 'questions', '--adapter', adapter, '--json')));

describe('text to text, from a file to an exported adapter', () => {
  let first: z.infer<typeof runSchema>;

  beforeAll(async () => {
    await run('settings', 'forgetting=false');
    await run('models', 'add', littleT5(join(folder, 't5')));
    const data = join(folder, 'questions');
    mkdirSync(data);
    for (const split of ['train', 'test'])
      writeFileSync(join(data, `${split}.jsonl`), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
    await run('datasets', 'add', data);
    first = await trained('coto.schedule=coto');
  });

  test('a training learns the texts to write and shows samples of them', async () => {
    const before = evaluationSchema.parse(
      JSON.parse(await run('eval', '--model', 't5', '--dataset', 'questions', '--json')),
    );
    const after = await evaluated(first.adapter.id);
    expect(after.loss).toBeLessThan(before.loss / 2);
    expect(Object.keys(after.metrics)).toEqual(expect.arrayContaining(['perplexity', 'exact_match']));
    const kept = join(folder, 'home', 'runs', first.run.id, 'samples');
    const texts = readdirSync(kept)
      .map((name) => gunzipSync(readFileSync(join(kept, name))).toString())
      .join('\n');
    expect(texts).toContain('was the film good');
    expect(texts).toContain('the film was good .');
  });

  test('a prompt is answered by the base and by the adapter', async () => {
    const options = ['--prompt', 'was the film good', '--max-new-tokens', '8', '--json'];
    const { texts } = generationSchema.parse(
      JSON.parse(await run('generate', '--model', 't5', '--adapter', first.adapter.id, ...options)),
    );
    expect(texts.at(-1)?.text).toMatch(/^[a-z .]+$/);
    expect(['end', 'length']).toContain(texts.at(-1)?.finish);
  });

  test('two adapters are merged, pruned, evaluated and exported', async () => {
    const second = await trained('adapter.target_modules=[q,v]', 'adapter.r=8', 'seed=3');
    await run('merge', '--adapters', first.adapter.id, second.adapter.id, '--method', 'cat', '--name', 'both');
    await run('prune', '--adapter', 'both', '--method', 'magnitude', '--name', 'thin');
    for (const adapter of ['both', 'thin']) expect(Number.isFinite((await evaluated(adapter)).loss)).toBe(true);
    await run('export', '--adapter', 'both', '--to', 'peft', '--out', join(folder, 'peft'));
    const config = JSON.parse(readFileSync(join(folder, 'peft', 'adapter_config.json'), 'utf8'));
    expect(config).toMatchObject({ task_type: 'SEQ_2_SEQ_LM', peft_type: 'LORA' });
    await run('export', '--adapter', 'both', '--to', 'merged', '--out', join(folder, 'merged'));
    expect(JSON.parse(readFileSync(join(folder, 'merged', 'config.json'), 'utf8'))).toMatchObject({
      architectures: ['T5ForConditionalGeneration'],
      decoder_start_token_id: 0,
    });
    await run('models', 'add', join(folder, 'merged'), '--name', 'merged');
    const merged = evaluationSchema.parse(
      JSON.parse(await run('eval', '--model', 'merged', '--dataset', 'questions', '--json')),
    );
    expect(merged.loss).toBeCloseTo((await evaluated('both')).loss, 4);
    await run('export', '--adapter', first.adapter.id, '--to', 'python', '--out', join(folder, 'script'));
    const script = JSON.parse(readFileSync(join(folder, 'script', 'settings.json'), 'utf8'));
    expect(script).toMatchObject({ auto_class: 'AutoModelForSeq2SeqLM', decoder_start_token_id: 0 });
    expect(existsSync(join(folder, 'script', 'tokenizer', 'tokenizer.json'))).toBe(true);
  });

  test.each([
    ['nf4', 'adapter.variant=lora'],
    ['int8', 'adapter.variant=dora'],
  ])('a base of %s trains with checkpointing', async (type, variant) => {
    const wide = join(folder, `wide-${type}`);
    const sizes = { d_model: 64, d_kv: 16, d_ff: 128, num_layers: 1, num_decoder_layers: 2, num_heads: 4 };
    await makeT5(wide, { ...sizes, vocab_size: 64, feed_forward_proj: 'gated-gelu' });
    for (const name of ['tokenizer.json', 'tokenizer_config.json'])
      copyFileSync(join(folder, 't5', name), join(wide, name));
    await run('models', 'add', wide);
    await run('models', 'quantize', `wide-${type}`, '--type', type, '--name', `t5-${type}`);
    const { run: made } = await trained(`model=t5-${type}`, variant, 'gradient_checkpointing=true', 'max_steps=3');
    expect(Number.isFinite(made.result.evalLoss)).toBe(true);
  });

  test('a study trains with and without CoTo and compares them by their loss', async () => {
    const file = join(folder, 'ablation.json');
    const own = { max_steps: 2, adapter: { r: 2, target_modules: ['q', 'v'] } };
    writeSmallAblation(file, { model: 't5', dataset: 'questions', run: own, name: 'texts', seeds: [1] });
    const study = studyRecordSchema.parse(JSON.parse(await run('study', file, '--json')));
    expect(study.status).toBe('completed');
  });

  test.each([
    ['a model of images', ['task=seq2seq', 'model=quickdraw-vit'], /reads images/],
    ['preferences', ['task=preference'], /does not write answers as the continuation of a prompt/],
    ['plain continuations', ['task=causal-lm'], /does not generate text as the continuation of a prompt/],
    ['targets of a single token', ['max_target_length=1'], /max_target_length/],
  ])('%s are refused in a sentence', async (_, set, sentence) => {
    const { code, err } = await coto(['train', '--set', ...settings, ...set]);
    expect(code).not.toBe(0);
    expect(err).toMatch(sentence);
  });
});
