import { qwen3Family } from './qwen3.ts';
import { textTowerFamily } from './text-tower.ts';

/** Qwen3-VL, with the text model of checkpoints of `Qwen3VLForConditionalGeneration`. */
export const qwen3VlFamily = textTowerFamily(
  'qwen3_vl',
  {
    id: 'qwen3_vl',
    label: 'Qwen3-VL',
    checkpoints: ['Qwen/Qwen3-VL-4B-Instruct'],
    summary: 'The text model of Qwen3-VL; images are not used.',
    paper: { title: 'Qwen3-VL Technical Report', url: 'https://arxiv.org/abs/2511.21631' },
  },
  {
    label: 'a Qwen3-VL',
    texts: new Map([['qwen3_vl_text', qwen3Family]]),
    module: 'model.language_model',
    isTied: false,
  },
);
