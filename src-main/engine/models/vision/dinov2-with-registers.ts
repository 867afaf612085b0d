import { z } from 'zod';
import { parseConfig } from '../config-file.ts';
import type { ModelConfigFile } from '../family.ts';
import { registerCount, registers } from './config.ts';
import { dinov2Layout } from './dinov2.ts';
import { visionFamily } from './family.ts';
import type { VisionLayout } from './layout.ts';

const keys = z.object({ num_register_tokens: registerCount.default(4) });

/** DINOv2 with registers (Darcet et al. 2023), with the checkpoints of `Dinov2WithRegistersModel`. */
export const dinov2RegistersFamily = visionFamily({
  modelType: 'dinov2_with_registers',
  declaration: {
    id: 'dinov2-with-registers',
    label: 'DINOv2 with registers',
    checkpoints: ['facebook/dinov2-with-registers-base'],
    summary: 'DINOv2 with further tokens that take up global information, so that its patches stay clean.',
    paper: { title: 'Vision Transformers Need Registers', url: 'https://arxiv.org/abs/2309.16588' },
  },
  layoutOf: registersLayout,
});

function registersLayout(file: ModelConfigFile): VisionLayout {
  const layout = dinov2Layout(file);
  const config = parseConfig(file, keys, 'a DINOv2 with registers');
  return {
    ...layout,
    architecture: 'Dinov2WithRegistersForImageClassification',
    prefix: 'dinov2_with_registers.',
    leading: [...layout.leading, ...registers(config.num_register_tokens)],
    positions: { name: 'embeddings.position_embeddings', tokens: 1, resizing: 'bicubic-antialias' },
  };
}
