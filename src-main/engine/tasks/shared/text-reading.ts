import type { TextExample } from '../../../../src-shared/domain/data/dataset.ts';
import type { OpenTexts } from '../../data/dataset.ts';
import { loadTokenizer, type TextTokenizer } from '../../tokenization/tokenizer.ts';
import type { TaskMaterial } from '../task-type.ts';

/** Common setup of all text tasks. */
export interface TextReading {
  readonly dataset: OpenTexts;
  readonly tokenizer: TextTokenizer;
  /** Maximum tokens of an example, limited by the settings and the model's context. */
  readonly maxLength: number;
  /** The requested splits. */
  readonly wanted: readonly TextExample['split'][];
}

/** The dataset must be text, as ensured by `refuseOtherKind`. */
export async function textReading(material: TaskMaterial): Promise<TextReading> {
  const { dataset, model, settings, modelDirectory, training } = material;
  if (dataset.kind !== 'texts') throw new TypeError('the dataset contains images');
  return {
    dataset,
    tokenizer: await loadTokenizer(modelDirectory),
    maxLength: Math.min(settings.max_length, model.text?.maxPositions ?? settings.max_length),
    wanted: training ? ['train', 'test'] : ['test'],
  };
}
