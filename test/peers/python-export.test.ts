import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { readAdapter } from '../../src-main/engine/adapters/peft/adapter-folder.ts';
import { describeModel } from '../../src-main/engine/models/huggingface/model-folder.ts';
import { readSafetensors, writeSafetensors } from '../../src-main/engine/tensors/safetensors.ts';
import { type DatasetSource, datasetSourceSchema } from '../../src-shared/domain/data/dataset.ts';
import { runConfigSchema } from '../../src-shared/domain/runs/run.ts';
import { tinyIdx } from '../backend/support.ts';
import { goldenPath } from '../engine/golden.ts';
import { jsonlFolder, littleBert, littleT5 } from '../engine/tasks/text-task.ts';
import { repeatRun } from './repeat-run.ts';

const folder = mkdtempSync(join(tmpdir(), 'coto-python-export-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Case {
  readonly title: string;
  readonly model: () => string | Promise<string>;
  readonly data: () => DatasetSource;
  readonly settings: Readonly<Record<string, unknown>>;
  /** Metrics of the evaluation that both must agree on, beside the loss. */
  readonly metrics: readonly string[];
  readonly stopsEarly?: boolean;
}

const images = {
  model: () => goldenPath('vit-28', 'base'),
  data: () => datasetSourceSchema.parse({ reader: 'idx', path: tinyIdx(5, 2) }),
  metrics: ['eval_accuracy'],
};
const vitAdapter = { r: 4, target_modules: ['q_proj', 'v_proj', 'fc1'] };
const adalora = { variant: 'adalora', init_r: 4, target_r: 2, target_modules: vitAdapter.target_modules };
const language = {
  model: () => fileURLToPath(new URL('../../assets/models/small-llama', import.meta.url)),
  settings: { max_steps: 7, per_device_train_batch_size: 3 },
};

/** Words with tags, some of two tokens. */
function taggedRows(count: number): object[] {
  return Array.from({ length: count }, (_, index) => {
    const isLong = index % 3 === 0;
    return {
      tokens: [...(isLong ? ['very', 'good.'] : []), 'the', index % 2 === 0 ? 'film' : 'book'],
      ner_tags: [...(isLong ? ['O', 'O'] : []), 'B-X', index % 2 === 0 ? 'I-X' : 'O'],
    };
  });
}

/** Questions on texts, some of which do not answer them. */
function askedRows(count: number): object[] {
  return Array.from({ length: count }, (_, index) => {
    const context = `${index % 3 === 0 ? 'very long . ' : ''}the ${index % 2 === 0 ? 'film' : 'book'} was good .`;
    const answer = index % 4 === 3 ? [] : [index % 2 === 0 ? 'film' : 'book'];
    return {
      question: 'was good',
      context,
      answers: { text: answer, answer_start: answer.map((text) => context.indexOf(text)) },
    };
  });
}

/** Questions with a good answer and a bad one, of different lengths. */
function preferred(count: number): { prompt: string; chosen: string; rejected: string }[] {
  return Array.from({ length: count }, (_, index) => ({
    prompt: `What is ${index % 2 === 0 ? 'the sea' : 'an island in the sea'} like?`,
    chosen: index % 3 === 0 ? 'It is old.' : 'It is very large and old.',
    rejected: index % 4 === 0 ? 'No.' : 'Never ask again.',
  }));
}

const asPairs = (count: number): object[] => preferred(count);
const asAnswers = (count: number): object[] =>
  preferred(count).map(({ prompt, chosen, rejected }, index) => ({
    prompt,
    completion: index % 2 === 0 ? chosen : rejected,
    label: index % 2 === 0,
  }));
const rewards = ['eval_accuracy', 'eval_rewards_chosen', 'eval_rewards_rejected', 'eval_rewards_margins'];

function preference(loss: string, rows: (count: number) => object[], settings: object): Case {
  return {
    title: `preferences by ${loss}, LoRA + CoTo, uneven batches`,
    ...language,
    data: () =>
      datasetSourceSchema.parse({ reader: 'jsonl', path: jsonlFolder(join(folder, loss), rows(11), rows(7)) }),
    settings: { ...language.settings, coto: {}, gradient_accumulation_steps: 2, loss_type: loss, ...settings },
    metrics: rewards,
  };
}

function rewardModel(name: string, model: Case['model'], settings: object): Case {
  const place = `reward-${name.replaceAll(/\W+/g, '-')}`;
  const isBert = name.includes('BERT');
  const row = (index: number) => ({
    prompt: `was ${topics[index % topics.length]} ${index % 3 === 0 ? 'very ' : ''}long`,
    chosen: index % 2 === 0 ? 'the film was good .' : 'a very good book .',
    rejected: index % 4 === 0 ? 'bad .' : 'not the book .',
  });
  const rows = (count: number) => (isBert ? Array.from({ length: count }, (_, index) => row(index)) : asPairs(count));
  return {
    title: `a reward model on ${name}, LoRA + CoTo, uneven batches`,
    model,
    data: () =>
      datasetSourceSchema.parse({ reader: 'jsonl', path: jsonlFolder(join(folder, place), rows(11), rows(7)) }),
    settings: { ...language.settings, coto: {}, gradient_accumulation_steps: 2, task: 'reward', ...settings },
    metrics: rewards,
  };
}

const topics = ['the film', 'the book', 'a film', 'a book', 'a very good film', 'the long book', 'a bad film'];

/** Anchors with their positives and, in most rows, a wrong candidate; some texts come more than once. */
function searched(count: number): object[] {
  return Array.from({ length: count }, (_, index) => ({
    anchor: `was ${topics[index % topics.length]} ${index % 2 === 0 ? 'good' : 'bad'}`,
    positive: `${topics[index % topics.length]} was ${index % 3 === 0 ? 'very ' : ''}long .`,
    negative: `not ${topics[(index + 1) % topics.length]}`,
  }));
}

/** Prompts with texts to write of several lengths. */
function written(count: number): object[] {
  return Array.from({ length: count }, (_, index) => ({
    prompt: `was ${topics[index % topics.length]} ${index % 3 === 0 ? 'very ' : ''}good`,
    completion: `${topics[(index * 2) % topics.length]} was ${index % 2 === 0 ? 'good .' : 'bad'}`,
  }));
}

/** Two texts, and how alike they are. */
function compared(target: (index: number) => number) {
  return (count: number): object[] =>
    Array.from({ length: count }, (_, index) => ({
      text: `${topics[index % topics.length]} was good`,
      text_pair: `${topics[(index * 3) % topics.length]} was ${index % 3 === 0 ? 'very long .' : 'bad'}`,
      label: target(index),
    }));
}

const scored = compared((index) => (index % 5) / 2);
const alike = compared((index) => (index % 3 === 0 ? 1 : 0));
const ofSearch = [
  'eval_accuracy',
  ...['ndcg_at_10', 'mrr_at_10'].map((name) => `eval_${name}`),
  ...[1, 5, 10].map((at) => `eval_recall_at_${at}`),
];

function embedding(
  loss: string,
  rows: (count: number) => object[],
  metrics: readonly string[],
  settings: object,
): Case {
  const name = `${loss}-${rows.name}`;
  return {
    title: `embeddings by ${loss}, ${JSON.stringify(settings).replaceAll(/[{}"]/g, '')}`,
    model: bareEncoder,
    data: () =>
      datasetSourceSchema.parse({ reader: 'jsonl', path: jsonlFolder(join(folder, name), rows(11), rows(7)) }),
    settings: {
      task: 'embedding',
      coto: {},
      gradient_accumulation_steps: 2,
      per_device_train_batch_size: 3,
      ...settings,
    },
    metrics,
  };
}

const clip = {
  model: () => goldenPath('clip-zero-shot', 'base'),
  data: () => datasetSourceSchema.parse({ reader: 'image-folder', path: goldenPath('clip-zero-shot', 'images') }),
  metrics: ['eval_accuracy'],
};
const clipAdapter = { r: 2, target_modules: ['q_proj', 'k_proj', 'v_proj'] };

const cases: readonly Case[] = [
  embedding('multiple_negatives_ranking', searched, ofSearch, { similarity_scale: 10 }),
  embedding('cosent', scored, ['eval_pearson', 'eval_spearman'], { pooling_mode: 'weightedmean' }),
  embedding('cosine_similarity', scored, ['eval_pearson', 'eval_spearman'], {
    embedding_loss: 'cosine_similarity',
    pooling_mode: 'cls',
  }),
  embedding('contrastive', alike, ['eval_accuracy', 'eval_average_precision'], {
    contrastive_margin: 0.8,
    pooling_mode: 'mean_sqrt_len_tokens',
    group_by_length: true,
  }),
  {
    ...embedding('multiple_negatives_ranking by a language model', searched, ofSearch, {}),
    ...language,
    settings: {
      ...language.settings,
      task: 'embedding',
      coto: {},
      adapter: { r: 4, variant: 'dora', target_modules: ['q_proj', 'down_proj'] },
    },
  },
  {
    title: 'CLIP by texts of the classes, LoRA + CoTo on both towers, uneven batches',
    ...clip,
    settings: {
      adapter: clipAdapter,
      class_templates: 'imagenet',
      coto: {},
      gradient_accumulation_steps: 2,
      per_device_train_batch_size: 3,
    },
  },
  {
    title: 'CLIP by texts of the classes, PiSSA on the images alone',
    ...clip,
    settings: { adapter: { ...clipAdapter, init_lora_weights: 'pissa', exclude_modules: String.raw`text_model\..*` } },
  },
  rewardModel('small-llama', language.model, { center_rewards_coefficient: 0.01 }),
  // Without centering, the loss does not depend on the bias of the head, whose steps are then rounding.
  rewardModel('a BERT', () => littleBert(join(folder, 'reward-bert')), { center_rewards_coefficient: 0.1 }),
  preference('dpo', asPairs, { beta: 0.3, label_smoothing: 0.1 }),
  preference('orpo', asPairs, { beta: 0.5 }),
  preference('ipo', asPairs, { beta: 0.5 }),
  preference('hinge', asPairs, { beta: 0.1 }),
  preference('bco_pair', asPairs, { beta: 0.1 }),
  preference('kto', asAnswers, { beta: 0.4, undesirable_weight: 0.8 }),
  preference('simpo', asPairs, { beta: 2, cpo_alpha: 0.5 }),
  {
    title: 'questions on a text in windows, LoRA + CoTo',
    model: bareEncoder,
    data: () =>
      datasetSourceSchema.parse({
        reader: 'jsonl',
        path: jsonlFolder(join(folder, 'asked'), askedRows(11), askedRows(7)),
      }),
    settings: { coto: {}, gradient_accumulation_steps: 2, max_seq_length: 12, doc_stride: 3 },
    metrics: [],
  },
  {
    title: 'tagged words, LoRA + CoTo',
    model: bareEncoder,
    data: () =>
      datasetSourceSchema.parse({
        reader: 'jsonl',
        path: jsonlFolder(join(folder, 'tagged'), taggedRows(11), taggedRows(7)),
      }),
    settings: { coto: {}, gradient_accumulation_steps: 2 },
    metrics: ['eval_accuracy'],
  },
  {
    title: 'images, LoRA + CoTo, cosine, uneven batches',
    ...images,
    settings: { adapter: vitAdapter, coto: {}, gradient_accumulation_steps: 2 },
  },
  {
    title: 'images, LISA',
    ...images,
    settings: { adapter: vitAdapter, coto: { schedule: 'lisa', lisa_activated_layers: 1, lisa_interval_steps: 2 } },
  },
  {
    title: 'images, DoRA with random ranks',
    ...images,
    settings: { adapter: { ...vitAdapter, variant: 'dora' }, coto: { schedule: 'random-ranks', initial_p: 0.4 } },
  },
  {
    title: 'images, rsLoRA, linear, decay',
    ...images,
    settings: { adapter: { ...vitAdapter, variant: 'rslora' }, weight_decay: 0.1, lr_scheduler_type: 'linear' },
  },
  {
    title: 'images, rsLoRA by PiSSA + CoTo, decay',
    ...images,
    settings: {
      adapter: { ...vitAdapter, variant: 'rslora', init_lora_weights: 'pissa', lora_alpha: 4 },
      coto: {},
      weight_decay: 0.1,
    },
  },
  {
    title: 'images, DoRA by LoRA-GA',
    ...images,
    settings: {
      adapter: { ...vitAdapter, variant: 'dora', init_lora_weights: 'lora-ga', calibration_examples: 8, lora_alpha: 4 },
    },
  },
  {
    title: 'images, LoRA by EVA',
    ...images,
    settings: { adapter: { ...vitAdapter, init_lora_weights: 'eva', calibration_examples: 8 } },
  },
  {
    title: 'images, LoRA+ by SGD with momentum, decay',
    ...images,
    settings: {
      adapter: { ...vitAdapter, variant: 'lora-plus', loraplus_lr_ratio: 4 },
      optim: 'sgd',
      sgd_momentum: 0.5,
      weight_decay: 0.1,
    },
  },
  {
    title: 'images, LoRA+ + CoTo, decay',
    ...images,
    settings: { adapter: { ...vitAdapter, variant: 'lora-plus' }, learning_rate: 0.002, coto: {}, weight_decay: 0.1 },
  },
  {
    title: 'images, LoRA-FA + CoTo, decay',
    ...images,
    settings: { adapter: { ...vitAdapter, variant: 'lora-fa' }, coto: {}, weight_decay: 0.1 },
  },
  {
    title: 'images, AdaLoRA, uneven batches, decay',
    ...images,
    settings: { adapter: adalora, gradient_accumulation_steps: 2, weight_decay: 0.1 },
  },
  {
    title: 'images, LoRA + CoTo that stops early, the best checkpoint by the loss of held-out images',
    ...images,
    settings: {
      adapter: vitAdapter,
      coto: {},
      eval_steps: 2,
      eval_split: 'validation',
      validation_samples: 20,
      max_train_samples: 24,
      metric_for_best_model: 'eval_loss',
      // The loss falls: the first evaluation is the best one so, and the last is not.
      greater_is_better: true,
      load_best_model_at_end: true,
      early_stopping_patience: 2,
    },
    stopsEarly: true,
  },
  { title: 'images, AdaLoRA + CoTo', ...images, settings: { adapter: adalora, coto: {} } },
  {
    title: 'images, LoRA + CoTo by Riemannian AdamW',
    ...images,
    settings: { adapter: vitAdapter, optim: 'riemannian-adamw', coto: {}, weight_decay: 0.1 },
  },
  {
    title: 'images, LoRA+ by Riemannian AdamW',
    ...images,
    settings: {
      adapter: { ...vitAdapter, variant: 'lora-plus' },
      optim: 'riemannian-adamw',
      riemannian_reg: 0.1,
      learning_rate: 0.002,
    },
  },
  {
    title: 'pairs of texts to classes, LoRA + CoTo, uneven batches of like length',
    model: () => littleBert(join(folder, 'bert')),
    data: () => texts('pairs', (isGood) => ({ text_pair: 'a good book', label: isGood ? 'good' : 'bad' })),
    settings: { coto: {}, gradient_accumulation_steps: 3, group_by_length: true },
    metrics: ['eval_accuracy'],
  },
  {
    title: 'texts to several labels, by a bare encoder',
    model: bareEncoder,
    data: () => texts('sets', (isGood, isLong) => ({ label: [isGood ? 'good' : 'bad', ...(isLong ? ['long'] : [])] })),
    settings: {},
    metrics: ['eval_accuracy'],
  },
  {
    title: 'texts to values, by a DistilBERT, which takes no kinds of tokens',
    model: littleDistilbert,
    data: () => texts('values', (isGood, isLong) => ({ label: (isGood ? 1.5 : -100) + (isLong ? 0.25 : 0) })),
    settings: { gradient_accumulation_steps: 2 },
    metrics: ['eval_pearson'],
  },
  {
    title: 'completions that alone count, LoRA + CoTo',
    ...language,
    data: () => questions('completions', (question, answer) => ({ prompt: question, completion: answer })),
    settings: { ...language.settings, coto: {}, gradient_accumulation_steps: 2 },
    metrics: ['eval_accuracy', 'eval_perplexity'],
  },
  {
    title: 'plain texts, several in a row',
    ...language,
    data: () => questions('plain', (question, answer) => ({ text: `${question} ${answer}` })),
    settings: {
      ...language.settings,
      packing: true,
      packing_strategy: 'bfd',
      max_length: 24,
      gradient_checkpointing: true,
    },
    metrics: ['eval_accuracy', 'eval_perplexity'],
  },
  {
    title: 'text to text by a T5, LoRA + CoTo, uneven batches of like length',
    model: () => littleT5(join(folder, 't5')),
    data: () =>
      datasetSourceSchema.parse({
        reader: 'jsonl',
        path: jsonlFolder(join(folder, 'written'), written(11), written(7)),
      }),
    settings: {
      coto: {},
      gradient_accumulation_steps: 2,
      per_device_train_batch_size: 3,
      group_by_length: true,
      max_target_length: 6,
    },
    metrics: ['eval_accuracy', 'eval_perplexity'],
  },
  {
    title: 'multiple choice by the mean likelihood of a token',
    ...language,
    data: () => questions('choice', (text, label) => ({ text, label })),
    settings: language.settings,
    metrics: ['eval_accuracy'],
  },
  {
    title: 'multiple choice out of two or three, by the likelihood of all tokens',
    ...language,
    data: () =>
      questions('choices', (text, label) => ({ text, label, choices: ['in the forest', label, ...others(label)] })),
    settings: { ...language.settings, length_normalized: false, chat_template: 'none' },
    metrics: ['eval_accuracy'],
  },
];

describe.each(cases)('the exported script of $title', ({ title, model, data, settings, metrics, stopsEarly }) => {
  it('runs with the real Transformers and PEFT and lands on the same losses and the same adapter', async () => {
    const config = runConfigSchema.parse({
      model: await model(),
      learning_rate: 0.01,
      max_steps: 14,
      per_device_train_batch_size: 8,
      seed: 5,
      adapter: { r: 4, target_modules: 'all-linear' },
      ...settings,
    });
    const place = join(folder, title.replaceAll(/\W+/g, '-'));
    const { ours, theirs, adapters } = await repeatRun(place, config, data());

    expect(theirs.steps).toHaveLength(ours.losses.length);
    expect(ours.losses.length < config.max_steps).toBe(stopsEarly === true);
    for (const [step, { loss, grad_norm }] of theirs.steps.entries()) {
      expect(apart(loss, ours.losses[step]), `loss of step ${step}`).toBeLessThan(1e-4);
      expect(apart(grad_norm, ours.norms[step]), `norm of step ${step}`).toBeLessThan(1e-3);
    }
    expect(Object.keys(theirs.evaluation)).toEqual(['eval_loss', ...metrics]);
    for (const [name, value] of Object.entries(theirs.evaluation)) {
      // Correlation is unstable if the predictions are nearly equal.
      const tolerance = name === 'eval_loss' ? 1e-4 * value + 1e-9 : 1e-3 * Math.max(1, value);
      expect(Math.abs(value - (ours.evaluation.get(name) ?? Number.NaN)), name).toBeLessThan(tolerance);
    }
    const description = await describeModel(config.model);
    const own = await readAdapter(adapters.ours, description);
    const other = await readAdapter(adapters.theirs, description);
    expect([...other.modules.keys()]).toEqual([...own.modules.keys()]);
    for (const [module, { tensors }] of other.modules) {
      const values = own.modules.get(module)?.tensors.get('b')?.data ?? [];
      // By the norm: Adam divides a gradient that is all rounding by itself, and one such entry moves by up to a whole step.
      expect(relativeDistance(values, tensors.get('b')?.data ?? []), module).toBeLessThan(0.01);
    }
  });
});

/** Relative difference; a hinge is 0 on both sides once every margin is reached. */
function apart(one: number, other = Number.NaN): number {
  return one === other ? 0 : Math.abs(one / other - 1);
}

/** ‖actual − expected‖ / ‖expected‖; 0 for a module that was never active on either side. */
function relativeDistance(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  const far = Math.hypot(...Array.from(expected, (value, at) => value - (actual[at] ?? Number.NaN)));
  return far === 0 ? 0 : far / Math.hypot(...Array.from(expected));
}

/** A folder of jsonl with twelve texts of different lengths to learn from and seven to score on. */
function texts(name: string, columns: (isGood: boolean, isLong: boolean) => object): DatasetSource {
  const rows = Array.from({ length: 19 }, (_, index) => {
    const [isGood, isLong] = [index % 2 === 0, index % 3 === 0];
    const text = `the ${index % 5 < 2 ? 'film' : 'book'} was ${isLong ? 'very long . ' : ''}${isGood ? 'good' : 'bad'}`;
    return { text, ...columns(isGood, isLong) };
  });
  return datasetSourceSchema.parse({
    reader: 'jsonl',
    path: jsonlFolder(join(folder, name), rows.slice(0, 12), rows.slice(12)),
  });
}

/** The same for questions with an answer each, eight and six of them. */
function questions(name: string, columns: (question: string, answer: string) => object): DatasetSource {
  const answers = ['sea', 'land', 'the air above the land'];
  const rows = Array.from({ length: 14 }, (_, index) =>
    columns(
      `${index % 2 === 0 ? 'Where' : 'In what part of the world'} did he ${index % 4 < 2 ? 'live' : 'go'}?`,
      answers[index % answers.length] ?? '',
    ),
  );
  return datasetSourceSchema.parse({
    reader: 'jsonl',
    path: jsonlFolder(join(folder, name), rows.slice(0, 8), rows.slice(8)),
  });
}

const others = (answer: string) => (answer === 'sea' ? ['land'] : []);

function littleDistilbert(): string {
  const directory = littleBert(join(folder, 'distilbert'));
  for (const file of ['config.json', 'model.safetensors'])
    cpSync(goldenPath('distilbert', 'base', file), join(directory, file));
  return directory;
}

/** The little BERT as a sentence transformer comes: the encoder alone, under names without `bert.`, with dropout in its config. */
async function bareEncoder(): Promise<string> {
  const directory = littleBert(join(folder, 'bare'));
  const tensors = await readSafetensors(join(directory, 'model.safetensors'));
  const bare = [...tensors].flatMap(([name, tensor]): [string, typeof tensor][] =>
    name.startsWith('bert.') ? [[name.slice('bert.'.length), tensor]] : [],
  );
  await writeSafetensors(join(directory, 'model.safetensors'), new Map(bare));
  const { id2label, label2id, ...config } = JSON.parse(readFileSync(join(directory, 'config.json'), 'utf8'));
  const changed = {
    ...config,
    architectures: ['BertModel'],
    hidden_dropout_prob: 0.1,
    attention_probs_dropout_prob: 0.1,
  };
  writeFileSync(join(directory, 'config.json'), JSON.stringify(changed));
  return directory;
}
