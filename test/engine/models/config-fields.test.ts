import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { AdaptedModel } from '../../../src-main/engine/adapters/model/adapted-model.ts';
import { activateCompute } from '../../../src-main/engine/compute/index.ts';
import { modelFamilies } from '../../../src-main/engine/models/families.ts';
import { loadBaseModel } from '../../../src-main/engine/models/load-model.ts';
import { readSafetensors } from '../../../src-main/engine/tensors/safetensors.ts';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import { goldenPath, tensorsOf } from '../golden.ts';

/** Types of the fields of each config class of transformers, by model_type; those of towers by path. */
const classes = z
  .record(z.string(), z.record(z.string(), z.string()))
  .parse(JSON.parse(readFileSync(goldenPath('misc', 'config-fields.json'), 'utf8')));

const configSchema = z.looseObject({ model_type: z.string() });
const configOf = (folder: string) => configSchema.parse(JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8')));

const folders = readdirSync(goldenPath())
  .filter((name) => existsSync(goldenPath(name, 'base', 'config.json')))
  .filter((name) => existsSync(goldenPath(name, 'inputs.safetensors')));

/** Families that read the checkpoints of another one. */
const sameCheckpoints: Readonly<Record<string, string>> = { 'xlm-roberta': 'roberta' };

/** Model types with a class in the list, and the golden folders with a base of theirs. */
const families = modelFamilies
  .flatMap(({ modelType, alsoModelTypes = [] }) => [modelType, ...alsoModelTypes])
  .filter((modelType) => classes[modelType] !== undefined)
  .map((modelType) => ({
    modelType,
    bases: folders.filter(
      (name) => configOf(goldenPath(name, 'base')).model_type === (sameCheckpoints[modelType] ?? modelType),
    ),
  }));

/** Fields that change no outputs, by the reason. Each is tested to change nothing here either. */
const withoutEffect: readonly (readonly [reason: string, fields: RegExp])[] = [
  ['noise of the base while it is trained', /dropout|_pdrop$|^layerdrop$|^router_jitter_noise$|^drop_path_rate$/],
  ['the same, of the rotation', /^pos_embed_(shift|jitter|rescale)$/],
  [
    'values of a new model',
    /^initializer_|^init_std$|^sinusoidal_pos_embds$|^layerscale_value$|^logit_scale_init_value$/,
  ],
  [
    'outputs of backbones',
    /^(apply_layernorm|reshape_hidden_states|stage_names|out_features|out_indices|_out_features|_out_indices)$/,
  ],
  ['patches that are hidden in pre-training', /^use_mask_token$/],
  ['caches and kernels of transformers', /^use_cache$|^deterministic_flash_attn$|^reorder_and_upcast_attn$/],
  ['tokens that the tokenizer and generation read', /^(bos|eos|cls|sep|mask|decoder_start)_token_id$/],
  ['heads of other tasks', /^summary_(type|use_proj|activation|proj_to_labels)$/],
  ['products in parts, in older versions of transformers', /^pretraining_tp$/],
  ['a further loss, off by default, of pre-training', /^router_aux_loss_coef$/],
];
/** The same of single families. */
const withoutEffectIn: Readonly<Record<string, RegExp>> = {
  // The head for pre-training reads it, whose matrix is the embedding's.
  albert: /^tie_word_embeddings$/,
  bert: /^tie_word_embeddings$/,
  'deberta-v2': /^(tie_word_embeddings|legacy)$/,
  distilbert: /^tie_word_embeddings$/,
  electra: /^tie_word_embeddings$/,
  mpnet: /^tie_word_embeddings$/,
  roberta: /^tie_word_embeddings$/,
  modernbert: /^(tie_word_embeddings|decoder_bias|sparse_prediction|sparse_pred_ignore_index)$/,
  nomic_bert: /^tie_word_embeddings$/,
  eurobert: /^tie_word_embeddings$/,
  'xlm-roberta': /^tie_word_embeddings$/,
  vit: /^(encoder_stride|pooler_output_size|pooler_act)$/,
  deit: /^(encoder_stride|pooler_output_size|pooler_act)$/,
  // The head of attention, whose pooled state no classifier of transformers reads; and the text tower.
  siglip: /^vision_config\.vision_use_head$|^text_config\./,
  siglip_vision_model: /^vision_use_head$/,
  // The whole model reads its own `projection_dim`, not that of its towers.
  clip: /^(text|vision)_config\.projection_dim$/,
  // Only a warning of transformers depends on `is_decoder`; it reads rotary_emb_base and rotary_pct in place of the others.
  gpt_neox: /^(is_decoder|rope_theta|partial_rotary_factor)$/,
  // The activation of the experts is fixed.
  gpt_oss: /^hidden_act$/,
};
/** Families whose positions skip the padding token; in others the attention mask alone says what is padding. */
const readsPadding = /roberta/;

/** Fields of families that find the end of a text by its token. */
const readEndToken: Readonly<Record<string, string>> = { clip: 'text_config.eos_token_id' };

/** Changes of a config without which a field may have no effect. */
const contexts: readonly ((config: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>)[] = [
  () => ({}),
  olderRotation,
  () => ({ use_sliding_window: true, sliding_window: 4, max_window_layers: 1, layer_types: null }),
  () => ({ layer_types: null, no_rope_layers: null }),
  () => ({ block_auto_adjust_ff_dim: true }),
];

const rotationSchema = z.looseObject({
  rope_type: z.string().default('default'),
  rope_theta: z.number().default(10_000),
  partial_rotary_factor: z.number().optional(),
});

/** The rotation as configs had it before transformers 5. */
function olderRotation({ rope_parameters: given }: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { rope_theta, partial_rotary_factor: partial, ...scaling } = rotationSchema.parse(given ?? {});
  return {
    rope_parameters: null,
    rope_theta,
    rope_scaling: scaling.rope_type === 'default' ? null : scaling,
    partial_rotary_factor: partial ?? null,
    rotary_emb_base: rope_theta,
    rotary_pct: partial ?? null,
  };
}

/** Other values of a field, by its type and the value that it has. */
function changesOf(type: string, value: unknown): unknown[] {
  if (typeof value === 'boolean') return [!value];
  if (typeof value === 'number')
    return type.includes('float') ? [2 * value + 0.125, value / 50, 50 * value + 1] : [value + 1, 2 * value + 7];
  if (typeof value === 'string') return ['another', 'relu'];
  if (Array.isArray(value)) return [['another', ...value.slice(1)]];
  if (value !== null && typeof value === 'object') {
    const isNested = Object.values(value).some((inner) => typeof inner === 'object');
    const changed = { ...value, rope_type: 'another' };
    return [isNested ? Object.fromEntries(Object.keys(value).map((key) => [key, { rope_type: 'another' }])) : changed];
  }
  if (type.includes('bool')) return [true];
  if (type.includes('float')) return [0.37];
  if (type.includes('int')) return [3];
  if (type.includes('dict')) return [{ rope_type: 'another' }];
  return type.includes('list') ? [['another']] : ['another'];
}

const scratch = mkdtempSync(join(tmpdir(), 'coto-config-fields-'));
beforeAll(() => activateCompute('wasm'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** Everything that a folder's config decides: the description and the outputs, or the refusal. */
async function resultOf(folder: string, inputs: Readonly<Record<string, tf.Tensor>>): Promise<string> {
  try {
    const base = await loadBaseModel(folder);
    try {
      const outputs = new AdaptedModel(base).outputs(inputs);
      const values = Object.values(outputs).map((tensor) => [...tensor.dataSync()]);
      tf.dispose(Object.values(outputs));
      const { fingerprint: _, ...description } = base.description;
      return JSON.stringify([description, base.cacheLimit, values]);
    } finally {
      base.dispose();
    }
  } catch (error) {
    // The inputs may fit the changed model no longer.
    return `${error instanceof StudioError ? 'refused' : 'failed'}: ${String(error)}`;
  }
}

it('knows the options of most families', () => {
  expect(families.length).toBeGreaterThan(25);
  expect(families.filter(({ bases }) => bases.length === 0)).toEqual([]);
});

describe.each(families)('each option of $modelType', ({ modelType, bases }) => {
  it('changes the outputs, is refused, or is listed as one without an effect', async () => {
    const fields = classes[modelType] ?? {};
    const silent = new Set(Object.keys(fields));
    const effective = new Set<string>();
    for (const name of bases.slice(0, 3)) {
      const folder = join(scratch, name);
      cpSync(goldenPath(name, 'base'), folder, { recursive: true });
      const inputs = tensorsOf(await readSafetensors(goldenPath(name, 'inputs.safetensors')));
      const resultWith = (config: object) => {
        writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
        return resultOf(folder, inputs);
      };
      const given = { ...configOf(folder), model_type: modelType };
      for (const context of contexts) {
        const changes = context(given);
        const own = Object.entries(changes).filter(([field]) => fields[field] !== undefined);
        const isOwn = Object.keys(changes).length === 0;
        if (!isOwn && own.length === 0) continue;
        const config = { ...given, ...Object.fromEntries(own) };
        const before = await resultWith(config);
        if (isOwn) expect(before).not.toMatch(/^(refused|failed)/);
        for (const field of [...silent].filter((one) => isOwn || !isListed(modelType, one)))
          for (const value of changesOf(fields[field] ?? '', valueAt(config, field))) {
            if ((await resultWith(withValue(config, field, value))) === before) continue;
            silent.delete(field);
            effective.add(field);
          }
      }
      tf.dispose(inputs);
    }
    expect([...silent].filter((field) => !isListed(modelType, field))).toEqual([]);
    expect([...effective].filter((field) => isListed(modelType, field))).toEqual([]);
  });
});

const objectSchema = z.record(z.string(), z.unknown()).catch({});

/** The value of a field by its path; null where the config lacks it. */
function valueAt(config: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((inner, key) => objectSchema.parse(inner)[key], config) ?? null;
}

/** The config with another value of the field with this path. */
function withValue(config: unknown, path: string, value: unknown): Record<string, unknown> {
  const [key = '', ...rest] = path.split('.');
  const own = objectSchema.parse(config);
  return { ...own, [key]: rest.length === 0 ? value : withValue(own[key], rest.join('.'), value) };
}

/** Returns true for a field of which a list says that it has no effect. */
function isListed(modelType: string, field: string): boolean {
  const own = field.split('.').at(-1) ?? field;
  if (own === 'pad_token_id') return !readsPadding.test(modelType);
  if (field === readEndToken[modelType]) return false;
  return withoutEffect.some(([, fields]) => fields.test(own)) || withoutEffectIn[modelType]?.test(field) === true;
}
