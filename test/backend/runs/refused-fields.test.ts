import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { adapterVariants } from '../../../src-main/engine/adapters/variants/index.ts';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import { adapterFieldsSchema } from '../../../src-shared/domain/adapters/adapter.ts';
import { cotoSettingsSchema } from '../../../src-shared/domain/runs/coto.ts';
import { runConfigSchema } from '../../../src-shared/domain/runs/run.ts';
import { goldenPath } from '../../engine/golden.ts';
import { closeBackends, type OpenBackend, openBackend, scriptedEngine, tinyConfig, tinyIdx } from '../support.ts';

const folder = mkdtempSync(join(tmpdir(), 'coto-refused-fields-'));
let backend: OpenBackend;
const dataset = tinyIdx();
const texts = join(folder, 'texts.jsonl');
beforeAll(async () => {
  writeFileSync(
    texts,
    Array.from({ length: 8 }, (_, at) => JSON.stringify({ text: `the film ${at}`, label: at % 2 })).join('\n'),
  );
  backend = await openBackend({ startEngine: scriptedEngine(() => new Promise(() => undefined)) });
});
afterAll(async () => {
  await closeBackends();
  rmSync(folder, { recursive: true, force: true });
});

const adapter = { r: 2, target_modules: ['q_proj'] };
const llama = goldenPath('llama', 'base');

/** Changes to a run that starts, and the key that its refusal is about. */
const refusals: [string, Record<string, unknown>, string][] = [
  ['a learning rate below zero', { learning_rate: -1 }, 'learning_rate'],
  ['an unknown key', { learning_rat: 1 }, 'learning_rat'],
  ['a key of Transformers that the studio replaces', { output_dir: 'out' }, 'output_dir'],
  ['a base that is quantized as it loads', { load_in_4bit: true }, 'load_in_4bit'],
  ['an unknown model', { model: 'absent' }, 'model'],
  ['an unknown dataset', { dataset: 'absent' }, 'dataset'],
  [
    'texts for an image model',
    {
      get dataset() {
        return texts;
      },
    },
    'dataset',
  ],
  [
    'a model without its tokenizer',
    {
      model: llama,
      get dataset() {
        return texts;
      },
    },
    'model',
  ],
  ['another task', { task: 'causal-lm' }, 'task'],
  ['an unknown variant', { adapter: { ...adapter, variant: 'absent' } }, 'adapter.variant'],
  ['a rank of zero', { adapter: { ...adapter, r: 0 } }, 'adapter.r'],
  ['modules that the base lacks', { adapter: { r: 2, target_modules: ['absent'] } }, 'adapter.target_modules'],
  ['an expression that is none', { adapter: { r: 2, target_modules: '(' } }, 'adapter.target_modules'],
  [
    'a pattern of layers without layers',
    { adapter: { ...adapter, layers_pattern: 'layers' } },
    'adapter.layers_pattern',
  ],
  ['an unknown seed adapter', { adapter: { ...adapter, init_adapter: 'absent' } }, 'adapter.init_adapter'],
  [
    'an initialization that the variant lacks',
    { adapter: { ...adapter, init_lora_weights: 'absent' } },
    'adapter.init_lora_weights',
  ],
  [
    'a target rank above the first',
    { adapter: { variant: 'adalora', init_r: 2, target_r: 4, target_modules: ['q_proj'] } },
    'adapter.target_r',
  ],
  [
    'blocks of both kinds',
    { adapter: { variant: 'oft', r: 4, oft_block_size: 4, target_modules: ['q_proj'] } },
    'adapter.oft_block_size',
  ],
  [
    'blocks that do not divide the layer',
    { adapter: { variant: 'c3a', block_size: 5, target_modules: ['q_proj'] } },
    'adapter.block_size',
  ],
  ['a schedule that never trains', { coto: { curve: 'constant', initial_p: 0 } }, 'coto.initial_p'],
  [
    'a schedule of ranks on a variant without ranks',
    {
      adapter: { variant: 'oft', oft_block_size: 4, r: 0, target_modules: ['q_proj'] },
      coto: { schedule: 'nested-uniform' },
    },
    'coto.schedule',
  ],
  ['too many groups of LISA', { coto: { schedule: 'lisa', lisa_activated_layers: 99 } }, 'coto.lisa_activated_layers'],
  ['noise on embeddings of images', { neftune_noise_alpha: 5 }, 'neftune_noise_alpha'],
  ['a divergence from the base of images', { kl_coefficient: 0.5 }, 'kl_coefficient'],
  ['directions kept by DoRA', { adapter: { ...adapter, variant: 'dora' }, oplora_rank: 2 }, 'oplora_rank'],
  ['more kept directions than a weight has', { oplora_rank: 99_999 }, 'oplora_rank'],
  ['DFT of images', { token_loss: 'dft' }, 'token_loss'],
  ['smoothed labels with DFT', { token_loss: 'dft', label_smoothing_factor: 0.1 }, 'label_smoothing_factor'],
  ['groups by length of images', { group_by_length: true }, 'group_by_length'],
  ['two limits of the examples', { train_samples_per_class: 2, max_train_samples: 3 }, 'train_samples_per_class'],
  ['more examples than a class has', { train_samples_per_class: 99 }, 'train_samples_per_class'],
  ['a validation split without examples', { eval_split: 'validation' }, 'eval_split'],
  ['a validation split of all examples', { validation_samples: 999 }, 'validation_samples'],
  ['an unknown metric', { metric_for_best_model: 'absent' }, 'metric_for_best_model'],
  ['patience without evaluations', { early_stopping_patience: 2, eval_steps: 0 }, 'early_stopping_patience'],
  ['too many epochs', { max_steps: 0, num_train_epochs: 1e9 }, 'num_train_epochs'],
];

describe('the check of a run', () => {
  it.each(refusals)('names the field of %s', async (_, changes, field) => {
    const config = { ...tinyConfig, dataset, adapter, ...changes };
    const error = await backend.handle('runs.estimate', { config }).then(
      () => null,
      (thrown: unknown) => thrown,
    );
    if (!(error instanceof StudioError)) throw new Error(`not refused: ${String(error)}`);
    expect({ field: error.field, message: error.message }).toEqual({ field, message: error.message });
  });

  it.each([
    ['output_dir: out', 'output_dir'],
    ['load_in_4bit: true', 'load_in_4bit'],
    ['adapter: { r: 2.5 }', 'adapter.r'],
    ['adapter: { parameters: { r: 2.5 } }', 'adapter.r'],
    ['coto: { initial_p: 2 }', 'coto.initial_p'],
  ])('names the field of the YAML "%s"', async (yaml, field) => {
    await expect(backend.handle('runs.parse', { yaml })).rejects.toMatchObject({ field });
  });
});

const root = fileURLToPath(new URL('../../../', import.meta.url));
const keys = new Set([
  ...Object.keys(runConfigSchema.parse({})),
  ...Object.keys(adapterFieldsSchema.parse({})),
  ...Object.keys(cotoSettingsSchema.parse({})),
  ...adapterVariants.flatMap(({ declaration }) => declaration.parameters.map(({ name }) => name)),
]);

/** Errors that a source throws, each with the code after its closing bracket. */
function thrownErrors(source: string): { body: string; after: string }[] {
  const found = [];
  for (const { index } of source.matchAll(/new StudioError\(/g)) {
    let depth = 0;
    let end = index + 'new StudioError'.length;
    do {
      if (source[end] === '(') depth++;
      if (source[end] === ')') depth--;
      end++;
    } while (depth > 0 && end < source.length);
    found.push({ body: source.slice(index, end), after: source.slice(end, end + 4) });
  }
  return found;
}

describe('the sources of the check', () => {
  it('name the field of every refusal whose sentence begins with a key of the run', () => {
    let named = 0;
    const unnamed: string[] = [];
    for (const part of [
      'backend/runs',
      'engine/adapters',
      'engine/coto',
      'engine/data',
      'engine/optimizers',
      'engine/tasks',
      'engine/training',
    ])
      for (const file of readdirSync(join(root, 'src-main', part), { recursive: true, encoding: 'utf8' })) {
        // The formats of PEFT read files, not runs.
        if (!file.endsWith('.ts') || file.startsWith('peft')) continue;
        for (const { body, after } of thrownErrors(readFileSync(join(root, 'src-main', part, file), 'utf8'))) {
          const [, key = ''] =
            /^new StudioError\(\s*'(?:invalid_input|refused)',\s*['"`](?:adapter\.|coto\.)?(\w+)(?::| is| has)/.exec(
              body,
            ) ?? [];
          if (!keys.has(key)) continue;
          named++;
          if (after !== '.at(') unnamed.push(`${part}/${file}: ${body.replaceAll(/\s+/g, ' ').slice(0, 120)}`);
        }
      }
    expect(named).toBeGreaterThan(30);
    expect(unnamed).toEqual([]);
  });
});
