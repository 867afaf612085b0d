import type { Preset } from './preset.ts';

/** Schulman et al. 2025. 2e-4 is ten times 2e-5, a usual rate of full fine-tuning, and the rate of TRL's reproduction. */
export const loraWithoutRegret: Preset = {
  id: 'lora-without-regret',
  label: 'LoRA without regret',
  summary:
    'LoRA that keeps up with full fine-tuning: all linear layers, alpha 32, a constant rate of about ten times that of full fine-tuning (here 10 × 2e-5), an effective batch below 32. The rank is yours: it must hold what the data teach; 256 for large instruction sets.',
  source: { title: 'LoRA Without Regret (Thinking Machines, 2025)', url: 'https://thinkingmachines.ai/blog/lora/' },
  settings: () => ({
    'adapter.variant': 'lora',
    'adapter.lora_alpha': 32,
    'adapter.lora_dropout': 0,
    'adapter.target_modules': 'all-linear',
    learning_rate: 2e-4,
    lr_scheduler_type: 'constant',
    warmup_steps: 0,
    per_device_train_batch_size: 16,
    gradient_accumulation_steps: 1,
    optim: 'adamw',
  }),
};
