import { textTowerFamily } from '../text-tower.ts';
import { qwen35Family } from './index.ts';

/** Qwen 3.5 with images, with the text model of checkpoints of `Qwen3_5ForConditionalGeneration`. */
export const qwen35VisionFamily = textTowerFamily(
  'qwen3_5',
  {
    id: 'qwen3_5',
    label: 'Qwen 3.5 with images',
    checkpoints: ['Qwen/Qwen3.5-4B', 'Qwen/Qwen3.5-9B'],
    summary: 'The text model of Qwen 3.5; images are not used.',
    paper: { title: 'Gated Delta Networks', url: 'https://arxiv.org/abs/2412.06464' },
  },
  {
    label: 'a Qwen 3.5 with images',
    texts: new Map([[qwen35Family.modelType, qwen35Family]]),
    module: 'model.language_model',
    isTied: false,
  },
);
