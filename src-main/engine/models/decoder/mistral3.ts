import { ministral3Family } from './ministral3.ts';
import { mistralFamily } from './mistral.ts';
import { textTowerFamily } from './text-tower.ts';

/** Mistral 3, with the text model of checkpoints of `Mistral3ForConditionalGeneration`. */
export const mistral3Family = textTowerFamily(
  'mistral3',
  {
    id: 'mistral3',
    label: 'Mistral 3',
    checkpoints: ['mistralai/Mistral-Small-3.1-24B-Instruct-2503'],
    summary: 'The text model of Ministral 3 and Mistral Small 3; images are not used.',
    paper: { title: 'Ministral 3', url: 'https://arxiv.org/abs/2601.08584' },
  },
  {
    label: 'a Mistral 3',
    texts: new Map([
      [mistralFamily.modelType, mistralFamily],
      [ministral3Family.modelType, ministral3Family],
    ]),
    module: 'model.language_model',
    isTied: true,
  },
);
