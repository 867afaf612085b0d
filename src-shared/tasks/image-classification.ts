import { comparesWithTexts } from '../domain/models/model.ts';
import { accuracy } from '../metrics/accuracy.ts';
import { classTemplateSettings } from './class-templates.ts';
import { defineTask } from './task.ts';

/** Classification of images, by a head or by texts of the classes. */
export const imageClassification = defineTask({
  id: 'image-classification',
  label: 'Image classification',
  summary:
    'Assigns an image to one of several classes, by a head on an image model or, with CLIP, by texts of the classes.',
  reads: 'images',
  settings: classTemplateSettings,
  uses: ['label_smoothing_factor'],
  isDefaultFor: () => false,
  bestBy: [accuracy.id],
  headLabels: (model, { labels }) => (comparesWithTexts(model) ? null : labels),
  autoClass: 'AutoModelForImageClassification',
  playground: 'image',
});
