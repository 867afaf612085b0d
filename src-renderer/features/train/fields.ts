import type { ParameterSpec } from '../../../src-shared/domain/parameter.ts';
import { taskIds } from '../../../src-shared/domain/task.ts';

/** How a field of the run is edited. `integer-or-null` is empty where the config holds null. */
type Control =
  | { kind: 'integer'; minimum?: number }
  | { kind: 'number' }
  | { kind: 'integer-or-null'; placeholder: string }
  | { kind: 'switch' }
  | { kind: 'choice'; choices: readonly { value: string; label: string }[] }
  | { kind: 'list'; placeholder: string }
  | { kind: 'list-or-null'; placeholder: string }
  | { kind: 'integers-or-null'; placeholder: string }
  | { kind: 'pattern'; placeholder: string }
  | { kind: 'text' };

export interface FieldSpec {
  /** Its name in the YAML, dotted. */
  readonly name: string;
  readonly help: string;
  readonly unit?: string;
  readonly control: Control;
}

const same = (...values: string[]) => values.map((value) => ({ value, label: value }));

/** Fields that are edited by a plain control, by their names; the rest of the form has controls of its own. */
const specs: readonly FieldSpec[] = [
  {
    name: 'train_samples_per_class',
    help: 'Few-shot training: so many examples of each class, drawn by data_seed. 0 trains on all.',
    control: { kind: 'integer', minimum: 0 },
  },
  {
    name: 'eval_samples',
    help: 'Evaluates on the first so many of the fixed test split. 0 evaluates on all.',
    control: { kind: 'integer', minimum: 0 },
  },
  {
    name: 'data_seed',
    help: 'Draws the few-shot subset. Give runs of several seeds the same data_seed to train them on the same examples.',
    control: { kind: 'integer-or-null', placeholder: 'same as seed' },
  },
  {
    name: 'task',
    help: 'What the model learns to do. auto takes what fits the model and the data: classes for an encoder, multiple choice for a language model on labelled texts, else writing.',
    control: { kind: 'choice', choices: same('auto', ...taskIds) },
  },
  {
    name: 'max_length',
    help: 'Longer texts are cut off at so many tokens, and never more than the model has places for.',
    unit: 'tokens',
    control: { kind: 'integer', minimum: 4 },
  },
  {
    name: 'prompt_template',
    help: 'What stands before the completion: {prompt}, {text} and {text_pair} are filled in. The template of a chat model goes around it.',
    control: { kind: 'text' },
  },
  {
    name: 'chat_template',
    help: 'auto: prompts become a user’s message where the model has a chat template. none: plain text.',
    control: { kind: 'choice', choices: same('auto', 'none') },
  },
  {
    name: 'completion_only_loss',
    help: 'Only what is to be written counts, not the prompt; of conversations the turns of the assistant.',
    control: { kind: 'switch' },
  },
  {
    name: 'packing',
    help: 'Several short examples share a row of max_length tokens in training. A text of a row sees those before it.',
    control: { kind: 'switch' },
  },
  {
    name: 'length_normalized',
    help: 'Of multiple choice: the mean log-likelihood of an answer’s tokens decides, else their sum, which favors short answers.',
    control: { kind: 'switch' },
  },
  {
    name: 'adapter.exclude_modules',
    help: 'Modules that carry no adapter although target_modules names them.',
    control: { kind: 'list-or-null', placeholder: 'none' },
  },
  {
    name: 'adapter.layers_to_transform',
    help: 'Only these layers carry an adapter, counted from the input, from 0.',
    control: { kind: 'integers-or-null', placeholder: 'all layers' },
  },
  {
    name: 'adapter.modules_to_save',
    help: 'Modules that are trained in full and saved with the adapter.',
    control: { kind: 'list-or-null', placeholder: 'the classifier' },
  },
  {
    name: 'coto.initial_p',
    help: 'Probability that a group is on at the first step.',
    control: { kind: 'number' },
  },
  {
    name: 'coto.final_p',
    help: 'Probability that a group is on in stage 2.',
    control: { kind: 'number' },
  },
  {
    name: 'coto.stage1_ratio',
    help: 'Share of all steps over which p climbs from initial_p to final_p.',
    control: { kind: 'number' },
  },
  {
    name: 'coto.curve',
    help: 'How p climbs in stage 1.',
    control: { kind: 'choice', choices: same('linear') },
  },
  {
    name: 'coto.granularity',
    help: 'What is switched on and off as one: all adapters of a layer, as in the paper, or each by itself.',
    control: { kind: 'choice', choices: same('layer', 'module') },
  },
  { name: 'seed', help: 'One seed gives one result.', control: { kind: 'integer', minimum: 0 } },
  {
    name: 'learning_rate',
    help: 'Peak learning rate. CoTo needs, and stands, a larger one than plain LoRA.',
    control: { kind: 'number' },
  },
  {
    name: 'lr_scheduler_type',
    help: 'How the learning rate goes on after the warm-up.',
    control: { kind: 'choice', choices: same('cosine', 'linear', 'constant', 'constant_with_warmup') },
  },
  {
    name: 'warmup_steps',
    help: 'Steps over which the learning rate climbs from 0. Below 1 it is a share of all steps.',
    control: { kind: 'number' },
  },
  {
    name: 'max_steps',
    help: 'Length of the run in optimizer steps. 0 counts num_train_epochs instead.',
    control: { kind: 'integer', minimum: 0 },
  },
  {
    name: 'num_train_epochs',
    help: 'Passes over the training examples, where max_steps is 0.',
    control: { kind: 'number' },
  },
  {
    name: 'per_device_train_batch_size',
    help: 'Examples a forward pass.',
    control: { kind: 'integer', minimum: 1 },
  },
  {
    name: 'gradient_accumulation_steps',
    help: 'Forward passes an optimizer step: the effective batch is this times the batch size.',
    control: { kind: 'integer', minimum: 1 },
  },
  {
    name: 'gradient_checkpointing',
    help: 'Needs less memory and more time for the same result: layers run again in the backward pass instead of keeping their states.',
    control: { kind: 'switch' },
  },
  {
    name: 'per_device_eval_batch_size',
    help: 'Examples a forward pass in evaluation. It changes the speed, not the result.',
    control: { kind: 'integer', minimum: 1 },
  },
  {
    name: 'optim',
    help: 'The optimizer, with PyTorch’s semantics.',
    control: { kind: 'choice', choices: same('adamw') },
  },
  { name: 'weight_decay', help: 'Decoupled weight decay of AdamW.', control: { kind: 'number' } },
  { name: 'adam_beta1', help: 'Decay of the first moment.', control: { kind: 'number' } },
  { name: 'adam_beta2', help: 'Decay of the second moment.', control: { kind: 'number' } },
  { name: 'adam_epsilon', help: 'Added to the root of the second moment.', control: { kind: 'number' } },
  {
    name: 'max_grad_norm',
    help: 'Gradients are scaled down to this norm where theirs is larger. 0 switches clipping off.',
    control: { kind: 'number' },
  },
  { name: 'logging_steps', help: 'Records the loss every so many steps.', control: { kind: 'integer', minimum: 1 } },
  {
    name: 'eval_steps',
    help: 'Evaluates every so many steps, with every adapter on. 0 evaluates only at the end.',
    control: { kind: 'integer', minimum: 0 },
  },
  {
    name: 'save_steps',
    help: 'Saves a checkpoint every so many steps. 0 saves only at the end, on a pause and at each best evaluation.',
    control: { kind: 'integer', minimum: 0 },
  },
  {
    name: 'load_best_model_at_end',
    help: 'Hands on the adapter of the best evaluation instead of the last.',
    control: { kind: 'switch' },
  },
  {
    name: 'compute_backend',
    help: 'What computes this run. auto takes the fastest that works here; Settings shows which, and why.',
    control: { kind: 'choice', choices: same('auto', 'tensorflow', 'webgpu', 'native', 'wasm') },
  },
  {
    name: 'compute_dtype',
    help: 'Of the products with the frozen base; the adapter and the optimizer stay float32. auto takes bfloat16 only where it was timed to be faster here.',
    control: { kind: 'choice', choices: same('auto', 'float32', 'bfloat16') },
  },
];

const byName = new Map(specs.map((spec) => [spec.name, spec]));

/** The field of this name; a name that no control is written for is a slip of ours. */
export function fieldSpec(name: string): FieldSpec {
  const spec = byName.get(name);
  if (!spec) throw new Error(`The form has no field ${name}.`);
  return spec;
}

/** The field of a parameter that the adapter's variant declares. */
export function parameterField(spec: ParameterSpec): FieldSpec {
  const { name, help, unit } = spec;
  return { name: `adapter.${name}`, help, control: controlOf(spec), ...(unit ? { unit } : {}) };
}

function controlOf({ type, choices = [], empty = '', minimum }: ParameterSpec): Control {
  switch (type) {
    case 'integer':
      return { kind: 'integer', ...(minimum === undefined ? {} : { minimum }) };
    case 'number':
      return { kind: 'number' };
    case 'boolean':
      return { kind: 'switch' };
    case 'choice':
      return { kind: 'choice', choices };
    case 'integer-map':
    case 'number-map':
      return { kind: 'pattern', placeholder: empty || 'q_proj: 16' };
    case 'integer-list':
      return { kind: 'integers-or-null', placeholder: empty };
    case 'text-list':
    case 'text-or-list':
      return { kind: 'list', placeholder: empty };
    case 'text':
      return { kind: 'text' };
  }
}

/** "q_proj: 16" a line → { q_proj: 16 }. A line that cannot be read stays as a key with its text, which the schema refuses. */
export function patternFromText(text: string): Record<string, unknown> {
  const pattern: Record<string, unknown> = {};
  for (const line of text.split('\n')) {
    if (line.trim() === '') continue;
    const at = line.lastIndexOf(':');
    const key = (at < 0 ? line : line.slice(0, at)).trim();
    const value = at < 0 ? '' : line.slice(at + 1).trim();
    pattern[key] = value !== '' && Number.isFinite(Number(value)) ? Number(value) : value;
  }
  return pattern;
}

export function textFromPattern(pattern: unknown): string {
  if (pattern === null || typeof pattern !== 'object') return '';
  return Object.entries(pattern)
    .map(([key, value]) => `${key}: ${value}`)
    .join('\n');
}
