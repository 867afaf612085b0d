import { encoderFamily } from './family.ts';
import { robertaPlan } from './roberta-positions.ts';

/** XLM-R (Conneau et al. 2020), with the checkpoints of `XLMRobertaForSequenceClassification` and of pre-training. */
export const xlmRobertaFamily = encoderFamily(
  'xlm-roberta',
  {
    id: 'xlm-roberta',
    label: 'XLM-RoBERTa',
    checkpoints: ['FacebookAI/xlm-roberta-base', 'BAAI/bge-m3'],
    summary: 'RoBERTa of a hundred languages; also multilingual E5 and others of its shape.',
    paper: {
      title: 'Unsupervised Cross-lingual Representation Learning at Scale',
      url: 'https://arxiv.org/abs/1911.02116',
    },
  },
  (file) => robertaPlan(file, 'an XLM-RoBERTa', 'XLMRobertaForSequenceClassification'),
);
