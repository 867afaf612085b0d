import { z } from 'zod';
import { StudioError } from '../contract/errors.ts';

/** A published set of texts that stand for a class. */
export interface ClassTemplates {
  readonly id: string;
  readonly label: string;
  readonly templates: readonly string[];
}

/** Templates of the CLIP paper that Tip-Adapter and CLIP-LoRA use for their eleven datasets. */
export const knownClassTemplates: readonly ClassTemplates[] = [
  { id: 'photo', label: 'A photo', templates: ['a photo of a {label}.'] },
  {
    id: 'imagenet',
    label: 'ImageNet: the mean of seven',
    templates: [
      'itap of a {label}.',
      'a bad photo of the {label}.',
      'a origami {label}.',
      'a photo of the large {label}.',
      'a {label} in a video game.',
      'art of the {label}.',
      'a photo of the small {label}.',
    ],
  },
  { id: 'pets', label: 'Pets', templates: ['a photo of a {label}, a type of pet.'] },
  { id: 'food', label: 'Food', templates: ['a photo of {label}, a type of food.'] },
  { id: 'flowers', label: 'Flowers', templates: ['a photo of a {label}, a type of flower.'] },
  { id: 'aircraft', label: 'Aircraft', templates: ['a photo of a {label}, a type of aircraft.'] },
  { id: 'textures', label: 'Textures', templates: ['{label} texture.'] },
  { id: 'satellite', label: 'Satellite images', templates: ['a centered satellite photo of {label}.'] },
  { id: 'actions', label: 'Actions', templates: ['a photo of a person doing {label}.'] },
  { id: 'digits', label: 'Digits', templates: ['a photo of the number: "{label}".'] },
];

const knownIds = knownClassTemplates.map(({ id }) => id).join(', ');

/** Leaves room above OpenAI's ImageNet set, the largest common one. */
const maxTemplates = 200;

/** Settings of zero-shot classification; keys of a run. */
export const classTemplateSettings = {
  class_templates: z
    .string()
    .max(2 ** 16)
    .default('a photo of a {label}.')
    .meta({
      title: 'Class templates',
      description: `Texts that CLIP compares images with, one per line: {label} is replaced by the class name, with spaces for underscores. The embeddings of several texts are averaged. Or the id of a published set: ${knownIds}.`,
      multiline: true,
      group: 'Task',
    }),
};

export const usualClassTemplates = classTemplateSettings.class_templates.parse(undefined);

/** Placeholder of the class name; OpenAI and open_clip write `{}`. */
const place = /\{(?:label|c|)\}/g;

/** @throws StudioError invalid_input for a text without a place for the class, and for none at all. */
export function classTemplatesOf(written: string): readonly string[] {
  const known = knownClassTemplates.find(({ id }) => id === written.trim());
  if (known !== undefined) return known.templates;
  const templates = written
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  if (templates.length === 0)
    throw new StudioError(
      'invalid_input',
      'class_templates is empty.',
      'Write one text per line, e.g. a photo of a {label}.',
    ).at('class_templates');
  if (templates.length > maxTemplates)
    throw new StudioError(
      'invalid_input',
      `class_templates has ${templates.length} texts, more than ${maxTemplates}.`,
      'Take those that suit the images.',
    ).at('class_templates');
  const without = templates.find((line) => line.search(place) < 0);
  if (without !== undefined)
    throw new StudioError(
      'invalid_input',
      `class_templates: "${without}" has no {label}, so that all classes would have the same text.`,
      `Write {label} where the name of the class goes, or one of ${knownIds}.`,
    ).at('class_templates');
  return templates;
}

/** The texts of a class, one for each template. */
export function classTexts(templates: readonly string[], label: string): string[] {
  const name = label.replaceAll('_', ' ');
  return templates.map((template) => template.replace(place, () => name));
}
