import { encoderFamily } from './family.ts';
import { robertaPlan } from './roberta-positions.ts';

/** RoBERTa (Liu et al. 2019), with the checkpoints of `RobertaForSequenceClassification` and of pre-training. */
export const robertaFamily = encoderFamily(
  'roberta',
  {
    id: 'roberta',
    label: 'RoBERTa',
    checkpoints: ['FacebookAI/roberta-base'],
    summary: 'Text encoder like BERT, trained longer and on more text.',
    paper: {
      title: 'RoBERTa: A Robustly Optimized BERT Pretraining Approach',
      url: 'https://arxiv.org/abs/1907.11692',
    },
  },
  (file) => robertaPlan(file, 'a RoBERTa', 'RobertaForSequenceClassification'),
);
