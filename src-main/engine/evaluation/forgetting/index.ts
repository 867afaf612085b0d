import type { ForgettingMeasureId } from '../../../../src-shared/domain/evaluation/forgetting.ts';
import { embeddingDrift } from './embedding-drift.ts';
import { maskedTextLoss } from './masked-text-loss.ts';
import type { OpenForgettingMeasure } from './measure.ts';
import { ownClassesLoss } from './own-classes-loss.ts';
import { ownHeadDivergence } from './own-head-divergence.ts';
import { textLoss } from './text-loss.ts';

/** Every measure of forgetting, by its id in src-shared/domain/evaluation/forgetting.ts, whose order decides which one a base has. */
export const measureOpeners: Readonly<Record<ForgettingMeasureId, OpenForgettingMeasure>> = {
  'text-loss': textLoss,
  'masked-text-loss': maskedTextLoss,
  'own-classes-loss': ownClassesLoss,
  'own-head-divergence': ownHeadDivergence,
  'embedding-drift': embeddingDrift,
};
