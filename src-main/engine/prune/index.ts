import { StudioError } from '../../../src-shared/contract/errors.ts';
import { boundaryLayer } from './boundary-layer.ts';
import { contribution } from './contribution.ts';
import { everyOtherLayer } from './every-other-layer.ts';
import { greedy } from './greedy.ts';
import { intruderDimensions } from './intruder-dimensions.ts';
import { layerRange } from './layer-range.ts';
import { layerThird } from './layer-third.ts';
import { loraDrop } from './lora-drop.ts';
import { magnitude } from './magnitude.ts';
import { moduleType } from './module-type.ts';
import { para } from './para.ts';
import type { PruneMethod } from './prune-method.ts';
import { random } from './random.ts';
import { randomLayers } from './random-layers.ts';
import { rankBudget } from './rank-budget.ts';
import { svd } from './svd.ts';
import { wanda } from './wanda.ts';

export type { PruneMethod } from './prune-method.ts';

/** All prune methods, in display order. */
export const pruneMethods: readonly PruneMethod[] = [
  everyOtherLayer,
  layerThird,
  layerRange,
  boundaryLayer,
  moduleType,
  randomLayers,
  contribution,
  greedy,
  loraDrop,
  magnitude,
  wanda,
  random,
  svd,
  para,
  rankBudget,
  intruderDimensions,
];

/** @throws StudioError not_found naming the method and the available ones */
export function pruneMethod(id: string): PruneMethod {
  const method = pruneMethods.find((known) => known.declaration.id === id);
  if (method) return method;
  throw new StudioError(
    'not_found',
    `There is no prune method "${id}".`,
    `Choose one of ${pruneMethods.map((known) => known.declaration.id).join(', ')}.`,
  ).at('method');
}
