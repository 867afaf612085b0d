import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { studyRecordSchema } from '../../src-shared/domain/studies/study.ts';
import { goldenPath } from '../engine/golden.ts';
import { withWords } from '../engine/tasks/text-task.ts';
import { cotoOn, temporaryFolder } from './run-command.ts';
import { writeSmallAblation } from './small-ablation.ts';

const folder = temporaryFolder();
const coto = cotoOn(join(folder, 'home'));
const golden = z
  .object({
    rewards: z.array(z.number()),
    cases: z.array(z.object({ coefficient: z.number(), loss: z.number(), losses: z.array(z.number()) })),
  })
  .parse(JSON.parse(readFileSync(goldenPath('reward', 'pairs.json'), 'utf8')));

/** The pairs of the golden file in words. */
const pairs = [
  { prompt: 'the film was', chosen: 'very good .', rejected: 'bad .' },
  { prompt: 'a long book was', chosen: 'good .', rejected: 'not very good .' },
  { prompt: 'was the book short', chosen: 'very short .', rejected: 'long .' },
  { prompt: 'the book was', chosen: 'good', rejected: 'very bad' },
];

const runSchema = z.object({
  run: z.looseObject({
    id: z.string(),
    result: z.looseObject({ accuracy: z.number(), evalLoss: z.number(), metrics: z.record(z.string(), z.number()) }),
  }),
  adapter: z.looseObject({ id: z.string() }),
});
const evaluationSchema = z.looseObject({
  accuracy: z.number(),
  loss: z.number(),
  metrics: z.record(z.string(), z.number()),
});
const pairSchema = z.object({
  texts: z.array(z.object({ text: z.string(), rewards: z.array(z.number()).optional() })),
});
const metricsSchema = z.object({
  metrics: z.array(z.object({ name: z.string(), step: z.number(), value: z.number() })),
});

/** Runs the command, which must succeed. */
async function run(...words: string[]): Promise<string> {
  const { code, out, err } = await coto(words);
  expect(code, err).toBe(0);
  return out;
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const settings = [
  'task=reward',
  'dataset=pairs',
  'learning_rate=0.01',
  'lr_scheduler_type=constant',
  'warmup_steps=0',
  'max_grad_norm=0',
  'compute_dtype=float32',
  'max_steps=6',
  'per_device_train_batch_size=4',
  'adapter.r=4',
  'adapter.lora_alpha=8',
  'adapter.target_modules=[q_proj,v_proj,down_proj]',
];

describe('reward modeling, from a file to an exported adapter', () => {
  beforeAll(async () => {
    await run('settings', 'forgetting=false');
    cpSync(goldenPath('llama', 'base'), join(folder, 'llama'), { recursive: true });
    await run('models', 'add', withWords(join(folder, 'llama')));
    const data = join(folder, 'pairs');
    mkdirSync(data);
    for (const split of ['train', 'test'])
      writeFileSync(join(data, `${split}.jsonl`), pairs.map((pair) => `${JSON.stringify(pair)}\n`).join(''));
    await run('datasets', 'add', data);
    await run('adapters', 'import', goldenPath('reward', 'adapter'), '--model', 'llama', '--name', 'golden');
  });

  test('an adapter of PEFT is evaluated with the rewards of Transformers', async () => {
    // PEFT's task type and the columns of the dataset show that the adapter gives rewards.
    const options = ['--dataset', 'pairs', '--adapter', 'golden', '--json'];
    const { accuracy, loss, metrics } = evaluationSchema.parse(JSON.parse(await run('eval', ...options)));
    const [chosen, rejected] = [golden.rewards.slice(0, 4), golden.rewards.slice(4)];
    expect(accuracy).toBe(mean(chosen.map((reward, at) => Number(reward > (rejected[at] ?? 0)))));
    expect(loss).toBeCloseTo(golden.cases[0]?.loss ?? Number.NaN, 5);
    expect(metrics['rewards_chosen']).toBeCloseTo(mean(chosen), 5);
    expect(metrics['rewards_margins']).toBeCloseTo(mean(chosen) - mean(rejected), 5);
  });

  test.each([
    ['null', 0],
    ['0.5', 0.5],
  ])('a training with center_rewards_coefficient=%s takes the steps of PyTorch', async (setting, coefficient) => {
    const more = ['adapter.init_adapter=golden', `center_rewards_coefficient=${setting}`];
    const trained = runSchema.parse(
      JSON.parse(await run('train', '--json', '--set', 'model=llama', ...settings, ...more)),
    );
    const { metrics } = metricsSchema.parse(JSON.parse(await run('runs', 'show', trained.run.id, '--json')));
    const losses = metrics.filter(({ name }) => name === 'loss').map(({ value }) => value);
    const expected = golden.cases.find((one) => one.coefficient === coefficient)?.losses ?? [];
    expect(losses).toHaveLength(expected.length);
    for (const [step, loss] of losses.entries())
      expect(Math.abs(loss / (expected[step] ?? Number.NaN) - 1), `loss of step ${step}`).toBeLessThan(1e-3);
  });

  test('two reward adapters are merged, pruned, evaluated and exported', async () => {
    const trained = runSchema.parse(
      JSON.parse(await run('train', '--json', '--set', 'model=llama', ...settings, 'adapter.init_adapter=golden')),
    );
    await run('merge', '--adapters', 'golden', trained.adapter.id, '--method', 'linear', '--name', 'both');
    await run('prune', '--adapter', 'both', '--method', 'magnitude', '--name', 'thin');
    for (const adapter of ['both', 'thin']) {
      const options = ['--dataset', 'pairs', '--adapter', adapter, '--json'];
      const { loss } = evaluationSchema.parse(JSON.parse(await run('eval', ...options)));
      expect(Number.isFinite(loss)).toBe(true);
    }
    await run('export', '--adapter', 'both', '--to', 'peft', '--out', join(folder, 'peft'));
    const config = JSON.parse(readFileSync(join(folder, 'peft', 'adapter_config.json'), 'utf8'));
    expect(config.task_type).toBe('SEQ_CLS');
    expect(config.modules_to_save).toContain('score');
    await run('export', '--adapter', 'both', '--to', 'merged', '--out', join(folder, 'merged'));
    const merged = JSON.parse(readFileSync(join(folder, 'merged', 'config.json'), 'utf8'));
    expect(merged).toMatchObject({
      architectures: ['LlamaForSequenceClassification'],
      pad_token_id: 0,
      id2label: { 0: 'LABEL_0' },
    });
    await run('export', '--adapter', trained.adapter.id, '--to', 'python', '--out', join(folder, 'script'));
    expect(existsSync(join(folder, 'script', 'rewards.py'))).toBe(true);
  });

  test('a study trains reward models with and without CoTo and compares them by their accuracy', async () => {
    const file = join(folder, 'ablation.json');
    const own = { task: 'reward', max_steps: 2 };
    writeSmallAblation(file, { model: 'llama', dataset: 'pairs', run: own, name: 'rewards', seeds: [1] });
    const study = studyRecordSchema.parse(JSON.parse(await run('study', file, '--json')));
    expect(study.status).toBe('completed');
    expect(JSON.stringify(study.result)).toContain('accuracy');
  });

  test.each([
    [
      'a dataset without pairs',
      ['task=reward', 'dataset=brown-genres'],
      /needs a chosen and a rejected answer in each row/,
    ],
    ['an image model', ['task=reward', 'model=quickdraw-vit', 'dataset=pairs'], /reads images/],
  ])('%s is refused in a sentence', async (_, set, sentence) => {
    const { code, err } = await coto(['train', '--set', 'model=llama', ...set]);
    expect(code).toBe(1);
    expect(err).toMatch(sentence);
  });

  test('an imported reward adapter is refused for a task that needs likelihoods, with the setting to change', async () => {
    const { code, err } = await coto(['eval', '--dataset', 'pairs', '--adapter', 'golden', '--set', 'task=preference']);
    expect(code).toBe(1);
    expect(err).toMatch(/gives texts a score, which the task Preferences does not use\. Set task to reward\./);
  });

  test('two answers are compared by a reward adapter, with the rewards of Transformers', async () => {
    const compared = ['generate', '--adapter', 'golden', '--json', '--prompt', 'the film was', '--answer'];
    const { texts } = pairSchema.parse(JSON.parse(await run(...compared, 'very good .', 'bad .')));
    expect(texts[0]?.rewards?.[0]).toBeCloseTo(golden.rewards[0] ?? Number.NaN, 4);
    expect(texts[0]?.rewards?.[1]).toBeCloseTo(golden.rewards[4] ?? Number.NaN, 4);
    const isFirst = (golden.rewards[0] ?? 0) > (golden.rewards[4] ?? 0);
    expect(texts[0]?.text).toMatch(new RegExp(`Preferred: answer ${isFirst ? 1 : 2}$`));
    const turned = pairSchema.parse(JSON.parse(await run(...compared, 'bad .', 'very good .')));
    expect(turned.texts[0]?.text).toMatch(new RegExp(`Preferred: answer ${isFirst ? 2 : 1}$`));
    const base = await coto(['generate', '--model', 'llama', '--prompt', 'the film was', '--answer', 'good', 'bad']);
    expect([base.code, base.err]).toEqual([1, expect.stringContaining('The base alone gives answers no rewards.')]);
    const one = await coto(['generate', '--adapter', 'golden', '--prompt', 'the film was', '--answer', 'good']);
    expect([one.code, one.err]).toEqual([1, expect.stringContaining('--answer needs --prompt and two answers')]);
  });

  test('the rewards of several adapters are not averaged, and the reason is that of rewards', async () => {
    await run('adapters', 'import', goldenPath('reward', 'adapter'), '--model', 'llama', '--name', 'twin');
    const { code, err } = await coto(['eval', '--dataset', 'pairs', '--adapter', 'golden', 'twin']);
    expect(code).toBe(1);
    expect(err).toContain('Rewards cannot be averaged, since each reward model has its own scale and zero.');
  });

  test('a reward adapter gives the reward of a question with its answer where other adapters continue the text', async () => {
    const rewarded = ['generate', '--model', 'llama', '--adapter', 'golden', '--json', '--prompt'];
    for (const [at, answer] of ['very good .', 'bad .'].entries()) {
      const out = await run(...rewarded, `the film was ${answer}`);
      const [, reward = ''] = /Reward: (-?[\d.]+)/.exec(out) ?? [];
      expect(Number(reward)).toBeCloseTo(golden.rewards[4 * at] ?? Number.NaN, 3);
    }
  });
});
