import { gemma3Family } from './gemma3.ts';
import { textTowerFamily } from './text-tower.ts';

/** Gemma 3 with images, with the text model of checkpoints of `Gemma3ForConditionalGeneration`. */
export const gemma3VisionFamily = textTowerFamily(
  'gemma3',
  {
    id: 'gemma3',
    label: 'Gemma 3 with images',
    checkpoints: ['google/gemma-3-4b-it', 'google/gemma-3-12b-it'],
    summary: 'The text model of Gemma 3 of 4B parameters and more; images are not used.',
    paper: { title: 'Gemma 3 Technical Report', url: 'https://arxiv.org/abs/2503.19786' },
  },
  {
    label: 'a Gemma 3 with images',
    texts: new Map([[gemma3Family.modelType, gemma3Family]]),
    module: 'model.language_model',
    isTied: true,
  },
);
