import * as tf from '@tensorflow/tfjs-core';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { ModelDescription } from '../../../../src-shared/domain/models/model.ts';
import type { TaskSettings } from '../../../../src-shared/domain/runs/task.ts';
import { classTemplatesOf, classTexts } from '../../../../src-shared/tasks/class-templates.ts';
import type { AdaptedModel } from '../../adapters/model/adapted-model.ts';
import { type BatchInputs, deviceInputs } from '../../losses/batch-inputs.ts';
import { refuseCancelled } from '../../outcomes/evaluation-steps.ts';
import { loadTokenizer } from '../../tokenization/tokenizer.ts';
import type { EvaluationOptions } from '../shared/head-outputs.ts';

/**
 * The texts of the classes as CLIP reads them: input_ids [classes, templates, tokens], padded to the longest. No mask is
 * needed: a token sees those before it alone, and the end token of a text comes before its padding.
 * @throws StudioError invalid_file without a tokenizer, invalid_input for templates that say nothing of a class, and where
 * max_length leaves nothing that tells two classes apart.
 */
export async function classInputs(
  modelDirectory: string,
  { text }: Pick<ModelDescription, 'text'>,
  labels: readonly string[],
  settings: Pick<TaskSettings, 'class_templates' | 'max_length'>,
): Promise<BatchInputs> {
  const templates = classTemplatesOf(settings.class_templates);
  const tokenizer = await loadTokenizer(modelDirectory);
  const maxLength = Math.min(settings.max_length, text?.maxPositions ?? settings.max_length);
  const texts = labels.flatMap((label) => classTexts(templates, label));
  const encoded = tokenizer.encodeAll(texts, { maxLength });
  refuseEqual(
    labels,
    (place) => encoded.slice(place * templates.length, (place + 1) * templates.length).map(({ ids }) => ids.join(' ')),
    maxLength,
  );
  const { tokens, inputIds } = tokenizer.pad(encoded, 'right');
  return { input_ids: { shape: [labels.length, templates.length, tokens], data: inputIds } };
}

/**
 * Runs the texts of the classes through the model, as far as all batches have their states in common.
 * @throws StudioError cancelled, between batches of texts
 */
export async function prepareTexts(
  model: AdaptedModel,
  texts: BatchInputs,
  options: Pick<EvaluationOptions, 'cancelled' | 'onTexts'>,
): Promise<void> {
  const inputs = deviceInputs(texts);
  try {
    await model.base.prepare?.(inputs, model, async (done, total) => {
      options.onTexts?.(done, total);
      await refuseCancelled(options);
    });
  } finally {
    tf.dispose(Object.values(inputs));
  }
}

/** Texts that were cut are of `maxLength` tokens; classes whose names are the same to the tokenizer are left alone. */
function refuseEqual(labels: readonly string[], textsOf: (place: number) => string[], maxLength: number): void {
  const known = new Map<string, string>();
  for (const [place, label] of labels.entries()) {
    const texts = textsOf(place);
    const wereCut = texts.some((text) => text.split(' ').length >= maxLength);
    const other = known.get(texts.join());
    if (other !== undefined && wereCut)
      throw new StudioError(
        'invalid_input',
        `Cut to ${maxLength} tokens, the texts of the classes "${other}" and "${label}" are the same.`,
        'Raise max_length, or write shorter class_templates with {label} nearer to the beginning.',
      ).at('max_length');
    known.set(texts.join(), label);
  }
}
