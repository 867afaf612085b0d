import { type Preset, targets } from './preset.ts';

/**
 * LoraConfig and TrainingArguments as they come. PEFT targets queries and values, or the one linear that has both; it has no
 * default for Phi-3's qkv_proj.
 */
export const peftDefaults: Preset = {
  id: 'peft-defaults',
  label: 'PEFT defaults',
  summary: 'What LoraConfig of PEFT and TrainingArguments of Transformers set where you set nothing.',
  source: {
    title: 'PEFT: LoRA; Transformers: Trainer',
    url: 'https://huggingface.co/docs/peft/package_reference/lora',
  },
  settings: (base) => ({
    'adapter.variant': 'lora',
    'adapter.r': 8,
    'adapter.lora_alpha': 8,
    'adapter.lora_dropout': 0,
    ...targets(
      base,
      ['q_proj', 'v_proj'],
      ['qkv_proj'],
      ['query_key_value'],
      ['query', 'value'],
      ['q', 'v'],
      ['c_attn'],
    ),
    coto: false,
    learning_rate: 5e-5,
    lr_scheduler_type: 'linear',
    warmup_steps: 0,
    num_train_epochs: 3,
    max_steps: 0,
    per_device_train_batch_size: 8,
    gradient_accumulation_steps: 1,
    optim: 'adamw',
    weight_decay: 0,
    max_grad_norm: 1,
  }),
};
