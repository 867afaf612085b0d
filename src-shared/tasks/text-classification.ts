import { writesText } from '../domain/models/model.ts';
import { accuracy } from '../metrics/accuracy.ts';
import { defineTask } from './task.ts';

/** Classification and regression of texts with a head on an encoder. */
export const textClassification = defineTask({
  id: 'text-classification',
  label: 'Text classification',
  summary: 'Assigns a text or a pair of texts to one class, several labels, or a value, with a head on an encoder.',
  reads: 'texts',
  settings: {},
  uses: ['max_length', 'group_by_length', 'neftune_noise_alpha', 'label_smoothing_factor'],
  isDefaultFor: (model, { words, anchor, answers }) => !writesText(model) && (words ?? anchor ?? answers) === null,
  bestBy: [accuracy.id],
  headLabels: (_, { labels, text }) => (text?.labelKind === 'numbers' ? null : labels),
  autoClass: 'AutoModelForSequenceClassification',
  playground: null,
});
