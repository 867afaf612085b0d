import type { Preset } from './preset.ts';

/** The settings of Unsloth's notebooks; their 8-bit AdamW is AdamW here. */
export const unsloth: Preset = {
  id: 'unsloth',
  label: 'Unsloth',
  summary:
    'The settings of Unsloth’s notebooks: rank 16 on all linear layers, small batches with accumulation. Made for language models of billions of parameters.',
  source: {
    title: 'Unsloth: LoRA hyperparameters guide',
    url: 'https://unsloth.ai/docs/get-started/fine-tuning-llms-guide/lora-hyperparameters-guide',
  },
  settings: () => ({
    'adapter.variant': 'lora',
    'adapter.r': 16,
    'adapter.lora_alpha': 16,
    'adapter.lora_dropout': 0,
    'adapter.target_modules': 'all-linear',
    learning_rate: 2e-4,
    lr_scheduler_type: 'linear',
    warmup_steps: 5,
    per_device_train_batch_size: 2,
    gradient_accumulation_steps: 4,
    optim: 'adamw',
    weight_decay: 0.01,
  }),
};
