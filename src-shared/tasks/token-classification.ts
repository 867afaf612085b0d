import { writesText } from '../domain/models/model.ts';
import { entityF1 } from '../metrics/entities.ts';
import { defineTask } from './task.ts';

/** Tagging of words with a head on an encoder. */
export const tokenClassification = defineTask({
  id: 'token-classification',
  label: 'Token classification',
  summary:
    'Gives each word of a text a tag (IOB2), such as the names of persons and places, with a head on an encoder.',
  reads: 'texts',
  settings: {},
  uses: ['max_length', 'group_by_length', 'neftune_noise_alpha', 'label_smoothing_factor'],
  isDefaultFor: (model, { words, anchor, answers }) =>
    !writesText(model) && words !== null && (anchor ?? answers) === null,
  bestBy: [entityF1.id],
  taskType: 'TOKEN_CLS',
  headLabels: (_, { labels }) => labels,
  autoClass: 'AutoModelForTokenClassification',
  playground: null,
});
