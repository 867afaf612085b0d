import type { MaskOutline } from '../../../src-shared/domain/mask-table.ts';
import type { AdapterContribution } from '../../../src-shared/studies/adapters/contribution-schemas.ts';

/** What masks cost in the tree of their prefixes, where a layer is run once for all masks that agree up to it. */
export function treeCost(
  { groups, multiplications }: Pick<MaskOutline, 'groups' | 'multiplications'>,
  masks: readonly string[],
): AdapterContribution['cost'] {
  const layerCount = multiplications.length - 2;
  let layerEvaluations = 0;
  let products = (multiplications[0] ?? 0) + masks.length * (multiplications.at(-1) ?? 0);
  for (let layer = 0; layer < layerCount; layer++) {
    const below = groups.map(({ layers }) => layers.some((own) => own <= layer));
    const prefixes = new Set(masks.map((mask) => [...mask].filter((_, group) => below[group]).join('')));
    layerEvaluations += prefixes.size;
    products += prefixes.size * (multiplications[layer + 1] ?? 0);
  }
  return {
    masks: masks.length,
    layerEvaluations,
    layerEvaluationsAlone: masks.length * layerCount,
    forwardPasses: products / multiplications.reduce((sum, count) => sum + count, 0),
  };
}
