import { z } from 'zod';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import { initializationFromPeft } from '../../engine/api/adapters.ts';

/** Keys of Transformers' TrainingArguments that are refused with what there is instead. */
const refusals: Readonly<Record<string, { readonly why: string; readonly hint: string }>> = {
  output_dir: {
    why: 'a run’s files are in the studio’s home',
    hint: 'Leave it out, and write the adapter where you want it: coto export --run RUN --to peft --out FOLDER.',
  },
  fp16: {
    why: 'runs compute in float32 or bfloat16, whose range needs no scaling of the loss',
    hint: 'Write bf16: true, or leave it out.',
  },
};

/**
 * A run with those keys of TrainingArguments in the studio's words that are told there by another key: warmup_ratio, whose share
 * warmup_steps takes as in Transformers 5, and bf16.
 * @throws StudioError invalid_input for one that is refused, with what there is instead
 */
function withTrainerKeys(run: Readonly<Record<string, unknown>>): Record<string, unknown> {
  for (const [key, { why, hint }] of Object.entries(refusals))
    if (run[key] !== undefined && run[key] !== null && run[key] !== false)
      throw new StudioError('invalid_input', `The run is not valid: ${key}: ${why}.`, hint).at(key);
  const { warmup_ratio: ratio, bf16, ...rest } = run;
  const own = Object.fromEntries(Object.entries(rest).filter(([key]) => !(key in refusals)));
  if (ratio !== undefined) {
    const isShare = typeof ratio === 'number' && ratio >= 0 && ratio < 1;
    // Transformers takes the ratio where no steps are given.
    if (!isShare) own['warmup_ratio'] = ratio;
    else if (Number(own['warmup_steps'] ?? 0) === 0) own['warmup_steps'] = ratio;
  }
  if (bf16 === true && own['compute_dtype'] === undefined) own['compute_dtype'] = 'bfloat16';
  else if (typeof bf16 !== 'boolean' && bf16 !== undefined) own['bf16'] = bf16;
  return own;
}

const plainObject = z.record(z.string(), z.unknown());

/** Keys of PEFT's LoraConfig that belong below `adapter`, where they are given beside the run's own. */
const adapterKeys = new Set([
  ...['r', 'lora_alpha', 'lora_dropout', 'lora_bias', 'target_modules', 'exclude_modules', 'modules_to_save'],
  ...[
    'layers_to_transform',
    'rank_pattern',
    'alpha_pattern',
    'init_lora_weights',
    'use_rslora',
    'use_dora',
    'peft_type',
  ],
]);
/** Names of Transformers and TRL for what is called otherwise here. */
const otherNames: Readonly<Record<string, string>> = {
  model_name_or_path: 'model',
  dataset_name: 'dataset',
  assistant_only_loss: 'completion_only_loss',
};
/** Keys of a PEFT config that say nothing about how to train. */
const silentKeys = new Set([
  'task_type',
  'inference_mode',
  'base_model_name_or_path',
  'peft_version',
  'auto_mapping',
  'revision',
]);

/** A run in the words of PEFT, Transformers and TRL in those of the studio, where they say the same. */
export function withPeersKeys(input: unknown): unknown {
  const given = plainObject.safeParse(input).data;
  if (given === undefined) return input;
  const run = withTrainerKeys(given);
  // TRL's older name of max_length; run_qa.py's name of what question answering has.
  const { max_seq_length: length } = run;
  const own: Record<string, unknown> = length === undefined ? {} : { max_length: length };
  const adapter: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(run)) {
    const name = otherNames[key] ?? key;
    if (adapterKeys.has(key)) adapter[key] = value;
    else if (key === name || !Object.hasOwn(run, name)) own[name] = name === 'optim' ? optimizer(value) : value;
    else own[key] = value;
  }
  const below = plainObject.safeParse(run['adapter']).data;
  if (below === undefined && (Object.keys(adapter).length === 0 || run['adapter'] !== undefined)) return own;
  return { ...own, adapter: variantKeys({ ...adapter, ...below }) };
}

/** adamw_torch, adamw_torch_fused, adamw_hf and the like are one optimizer in several programs. */
function optimizer(name: unknown): unknown {
  return typeof name === 'string' && /^adamw_(?:torch|hf|apex)/.test(name) ? 'adamw' : name;
}

/** PEFT's flags of LoraConfig are variants here, and its start `true` has a name. */
function variantKeys(given: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { use_rslora: rslora, use_dora: dora, peft_type: type, bias, ...rest } = given;
  const adapter = Object.fromEntries(Object.entries(rest).filter(([key]) => !silentKeys.has(key)));
  if (bias !== undefined && bias !== 'none') adapter['bias'] = bias;
  const start = adapter['init_lora_weights'];
  if (typeof start === 'boolean' || typeof start === 'string') {
    const known = initializationFromPeft(start);
    if (known !== null)
      Object.assign(adapter, { init_lora_weights: known.initialization.declaration.id }, known.parameters);
  }
  if (typeof type === 'string' && adapter['variant'] === undefined) adapter['variant'] = type.toLowerCase();
  const variant = adapter['variant'] ?? 'lora';
  const flags = [dora === true ? 'dora' : null, rslora === true ? 'rslora' : null].filter((flag) => flag !== null);
  const wanted = flags.join('-') || 'lora';
  if (variant === 'lora' && flags.length > 0) adapter['variant'] = wanted;
  else if (flags.length > 0 && variant !== wanted) Object.assign(adapter, { use_dora: dora, use_rslora: rslora });
  return adapter;
}
