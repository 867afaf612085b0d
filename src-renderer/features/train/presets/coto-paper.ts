import { type Preset, targets } from './preset.ts';

/**
 * The schedule of the authors' code. On images, the few-shot set-up of CLIP-LoRA, whose base, rank, targets, dropout, rate
 * and schedule are the paper's; CLIP-LoRA's code gives the rest: 500 steps of 32 images a shot, a scaling of alpha / √r, crops
 * and flips (github.com/MaxZanella/CLIP-LoRA: main.py, run_utils.py, lora.py, loralib/layers.py). On text, only the rank of
 * the paper's maths runs is known.
 */
export const cotoPaper: Preset = {
  id: 'coto-paper',
  label: 'CoTo paper',
  summary:
    'The authors’ schedule: p from 0.1 to 1 over the first three quarters, by layer. On images with the few-shot set-up of CLIP-LoRA: rank 2 on q, k and v, alpha 1 scaled by √r, dropout 0.25, 8,000 steps for 16 shots. Training images are cropped and mirrored at random. On text with the rank of the paper’s maths runs.',
  source: {
    title:
      'Come Together, But Not Right Now (ICML 2025); on images, the code of CLIP-LoRA (github.com/MaxZanella/CLIP-LoRA)',
    url: 'https://arxiv.org/abs/2506.05713',
  },
  settings: (base) => ({
    coto: true,
    'coto.schedule': 'coto',
    'coto.initial_p': 0.1,
    'coto.final_p': 1,
    'coto.stage1_ratio': 0.75,
    'coto.curve': 'linear',
    'coto.reversed': false,
    'coto.granularity': 'layer',
    'coto.all_off': 'redraw',
    ...(base?.image
      ? {
          'adapter.variant': 'rslora',
          'adapter.r': 2,
          'adapter.lora_alpha': 1,
          'adapter.lora_dropout': 0.25,
          ...targets(base, ['q_proj', 'k_proj', 'v_proj']),
          train_samples_per_class: 16,
          'augmentation.crop': [0.08, 1],
          'augmentation.horizontal_flip': true,
          max_steps: 8000,
          per_device_train_batch_size: 32,
          gradient_accumulation_steps: 1,
          learning_rate: 2e-4,
          lr_scheduler_type: 'cosine',
          warmup_steps: 0,
          optim: 'adamw',
          weight_decay: 0.01,
          adam_beta1: 0.9,
          adam_beta2: 0.999,
        }
      : { 'adapter.variant': 'lora', 'adapter.r': 8 }),
  }),
};
