import { StudioError } from '../../../src-shared/contract/errors.ts';
import { scoreHead } from '../../../src-shared/domain/models/model.ts';
import type { AdaptedModel } from '../adapters/model/adapted-model.ts';

/** Returns whether the adapter of a language model gives texts a score, so that the model writes none. */
export function hasScoreHead(model: AdaptedModel): boolean {
  return model.headTask === scoreHead.task && model.trainable().has(`${scoreHead.module}.weight`);
}

/** @throws StudioError refused for an adapter that gives texts a score */
export function requireLanguageHead(model: AdaptedModel, directory: string): void {
  if (!hasScoreHead(model)) return;
  throw new StudioError(
    'refused',
    `The adapter in ${directory} gives texts a score and does not generate text.`,
    'Choose an adapter that was trained to generate text.',
  );
}
