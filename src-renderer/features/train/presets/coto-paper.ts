import { type Preset, targets } from './preset.ts';

/**
 * The schedule is that of the authors' code. On images, their set-up for CLIP ViT-B/16; on text, only the rank of their maths
 * runs is known.
 */
export const cotoPaper: Preset = {
  id: 'coto-paper',
  label: 'CoTo paper',
  summary:
    'The authors’ schedule: p from 0.1 to 1 over the first three quarters, by layer. On images with their few-shot set-up (rank 2 on q, k and v, dropout 0.25); on text with the rank of their maths runs. CoTo often takes a higher learning rate than this.',
  source: { title: 'Come Together, But Not Right Now (ICML 2025)', url: 'https://arxiv.org/abs/2506.05713' },
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
    'adapter.variant': 'lora',
    ...(base?.image
      ? {
          'adapter.r': 2,
          'adapter.lora_dropout': 0.25,
          ...targets(base, ['q_proj', 'k_proj', 'v_proj']),
          learning_rate: 2e-4,
          lr_scheduler_type: 'cosine',
          optim: 'adamw',
        }
      : { 'adapter.r': 8 }),
  }),
};
