import { classTemplatesOf, classTexts } from '../../../../src-shared/domain/class-templates.ts';
import type { ModelDescription } from '../../../../src-shared/domain/model.ts';
import type { TaskSettings } from '../../../../src-shared/domain/task.ts';
import { loadTokenizer } from '../../tokenization/tokenizer.ts';
import type { MicroBatch } from '../../training/micro-batch.ts';

/**
 * The texts of the classes as CLIP reads them: input_ids [classes, templates, tokens], padded to the longest. No mask is
 * needed: a token sees those before it alone, and the end token of a text comes before its padding.
 * @throws StudioError invalid_file without a tokenizer, invalid_input for templates that say nothing of a class.
 */
export async function classInputs(
  modelDirectory: string,
  { text }: Pick<ModelDescription, 'text'>,
  labels: readonly string[],
  settings: Pick<TaskSettings, 'class_templates' | 'max_length'>,
): Promise<MicroBatch['inputs']> {
  const templates = classTemplatesOf(settings.class_templates);
  const tokenizer = await loadTokenizer(modelDirectory);
  const maxLength = Math.min(settings.max_length, text?.maxPositions ?? settings.max_length);
  const texts = labels.flatMap((label) => classTexts(templates, label));
  const { tokens, inputIds } = tokenizer.pad(tokenizer.encodeAll(texts, { maxLength }), 'right');
  return { input_ids: { shape: [labels.length, templates.length, tokens], data: inputIds } };
}
