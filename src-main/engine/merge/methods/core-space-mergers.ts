import { StudioError } from '../../../../src-shared/contract/errors.ts';
import { combinedMatrices } from '../spaces/combination.ts';
import type { MatrixMerger } from '../spaces/matrix-merger.ts';
import { breadcrumbs } from './breadcrumbs.ts';
import { breadcrumbsTies } from './breadcrumbs-ties.ts';
import { dareLinearSvd } from './dare-linear-svd.ts';
import { dareTiesSvd } from './dare-ties-svd.ts';
import { della } from './della.ts';
import { dellaLinear } from './della-linear.ts';
import { isoC } from './iso-c.ts';
import { isoCts } from './iso-cts.ts';
import { karcher } from './karcher.ts';
import { magnitudePruneSvd } from './magnitude-prune-svd.ts';
import { mergekitDareLinear } from './mergekit-dare-linear.ts';
import { mergekitDareTies } from './mergekit-dare-ties.ts';
import { mergekitTies } from './mergekit-ties.ts';
import { modelStock } from './model-stock.ts';
import { nuslerp } from './nuslerp.ts';
import { sce } from './sce.ts';
import { slerp } from './slerp.ts';
import { taskArithmetic } from './task-arithmetic.ts';
import { tiesSvd } from './ties-svd.ts';
import { tsvM } from './tsv-m.ts';
import { wudi } from './wudi.ts';

/** Mergers of task vectors that Core Space runs by id, in display order. */
export const matrixMergers: readonly MatrixMerger[] = [
  combinedMatrices(taskArithmetic),
  tiesSvd,
  mergekitTies,
  dareLinearSvd,
  mergekitDareLinear,
  dareTiesSvd,
  mergekitDareTies,
  magnitudePruneSvd,
  della,
  dellaLinear,
  breadcrumbs,
  breadcrumbsTies,
  combinedMatrices(slerp),
  combinedMatrices(nuslerp),
  combinedMatrices(karcher),
  combinedMatrices(modelStock),
  sce,
  tsvM,
  isoC,
  isoCts,
  wudi,
];

/** @throws StudioError not_found naming the merger and the available ones */
export function matrixMerger(id: string): MatrixMerger {
  const found = matrixMergers.find(({ declaration }) => declaration.id === id);
  if (found) return found;
  throw new StudioError(
    'not_found',
    `There is no merger "${id}".`,
    `Choose one of ${matrixMergers.map(({ declaration }) => declaration.id).join(', ')}.`,
  ).at('merger');
}
