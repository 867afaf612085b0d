import type { TextExample } from '../../../../src-shared/domain/dataset.ts';
import type { OpenTexts } from '../../data/dataset.ts';
import { loadTokenizer, type TextTokenizer } from '../../tokenization/tokenizer.ts';
import type { TaskMaterial } from '../task-type.ts';

/** What every task on texts begins with. */
export interface TextReading {
  readonly dataset: OpenTexts;
  readonly tokenizer: TextTokenizer;
  /** Tokens of an example at most: as many as the settings allow and the model has places for. */
  readonly maxLength: number;
  /** The splits whose examples are asked for. */
  readonly wanted: readonly TextExample['split'][];
}

/** The dataset must be of texts, which `refuseOtherKind` has seen to. */
export async function textReading(material: TaskMaterial): Promise<TextReading> {
  const { dataset, model, settings, modelDirectory, training } = material;
  if (dataset.kind !== 'texts') throw new TypeError('the dataset holds images');
  return {
    dataset,
    tokenizer: await loadTokenizer(modelDirectory),
    maxLength: Math.min(settings.max_length, model.text?.maxPositions ?? settings.max_length),
    wanted: training ? ['train', 'test'] : ['test'],
  };
}
