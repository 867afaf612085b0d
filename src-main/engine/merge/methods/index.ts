import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { MergeMethod } from '../merge-method.ts';
import { withSearch } from '../search/search-parameters.ts';
import { combinedFactors } from '../spaces/combination.ts';
import { inCoreSpace } from '../spaces/in-core-space.ts';
import { onDelta } from '../spaces/on-delta.ts';
import { adaMerging } from './adamerging.ts';
import { alignedAverage } from './aligned-average.ts';
import { breadcrumbs } from './breadcrumbs.ts';
import { breadcrumbsTies } from './breadcrumbs-ties.ts';
import { cat } from './cat.ts';
import { checkpointAverage } from './checkpoint-average.ts';
import { compressThenMerge } from './compress-then-merge.ts';
import { coreSpace } from './core-space.ts';
import { dareLinear } from './dare-linear.ts';
import { dareLinearSvd } from './dare-linear-svd.ts';
import { dareTies } from './dare-ties.ts';
import { dareTiesSvd } from './dare-ties-svd.ts';
import { della } from './della.ts';
import { dellaLinear } from './della-linear.ts';
import { ema } from './ema.ts';
import { ensemble } from './ensemble.ts';
import { factorAverage } from './factor-average.ts';
import { isoC } from './iso-c.ts';
import { isoCts } from './iso-cts.ts';
import { karcher } from './karcher.ts';
import { knots } from './knots.ts';
import { linear } from './linear.ts';
import { loraAlign } from './lora-align.ts';
import { loraLego } from './lora-lego.ts';
import { loraHub } from './lorahub.ts';
import { magnitudePrune } from './magnitude-prune.ts';
import { magnitudePruneSvd } from './magnitude-prune-svd.ts';
import { mergekitDareLinear } from './mergekit-dare-linear.ts';
import { mergekitDareTies } from './mergekit-dare-ties.ts';
import { mergekitTies } from './mergekit-ties.ts';
import { modelStock } from './model-stock.ts';
import { nuslerp } from './nuslerp.ts';
import { parameterAverage } from './parameter-average.ts';
import { pico } from './pico.ts';
import { postHocEma } from './post-hoc-ema.ts';
import { randomDirections } from './random-directions.ts';
import { regMean } from './regmean.ts';
import { robustMerge } from './robustmerge.ts';
import { sce } from './sce.ts';
import { shuffledLayers } from './shuffled-layers.ts';
import { slerp } from './slerp.ts';
import { svd } from './svd.ts';
import { taskArithmetic } from './task-arithmetic.ts';
import { ties } from './ties.ts';
import { tiesSvd } from './ties-svd.ts';
import { tsvM } from './tsv-m.ts';
import { weightAverage } from './weight-average.ts';
import { wudi } from './wudi.ts';
import { zipLora } from './ziplora.ts';

const methods: readonly MergeMethod[] = [
  factorAverage,
  parameterAverage,
  weightAverage,
  linear,
  cat,
  svd,
  ties,
  onDelta(tiesSvd),
  dareLinear,
  onDelta(dareLinearSvd),
  dareTies,
  onDelta(dareTiesSvd),
  magnitudePrune,
  onDelta(magnitudePruneSvd),
  combinedFactors(taskArithmetic),
  onDelta(mergekitTies),
  onDelta(mergekitDareLinear),
  onDelta(mergekitDareTies),
  onDelta(della),
  onDelta(dellaLinear),
  onDelta(breadcrumbs),
  onDelta(breadcrumbsTies),
  combinedFactors(slerp),
  combinedFactors(nuslerp),
  combinedFactors(karcher),
  combinedFactors(modelStock),
  onDelta(sce),
  loraLego,
  alignedAverage,
  loraAlign,
  robustMerge,
  knots,
  coreSpace,
  compressThenMerge,
  pico,
  inCoreSpace(tsvM),
  inCoreSpace(isoC),
  inCoreSpace(isoCts),
  inCoreSpace(wudi),
  regMean,
  zipLora,
  loraHub,
  adaMerging,
  checkpointAverage,
  ema,
  postHocEma,
  randomDirections,
  shuffledLayers,
  ensemble,
];

/** All merge methods, in display order, each with the parameters of a search. */
export const mergeMethods: readonly MergeMethod[] = methods.map(withSearch);

/** Ids of the placebos, each made of one adapter, that can be scored beside a merge. */
export const placeboIds: readonly string[] = [randomDirections, shuffledLayers].map(
  ({ declaration }) => declaration.id,
);

/** @throws StudioError not_found naming the method and the available ones */
export function mergeMethod(id: string): MergeMethod {
  const method = mergeMethods.find((known) => known.declaration.id === id);
  if (method) return method;
  throw new StudioError(
    'not_found',
    `There is no merge method "${id}".`,
    `Choose one of ${mergeMethods.map((known) => known.declaration.id).join(', ')}.`,
  ).at('method');
}
