import type { PreflightLine } from '../../../../src-shared/domain/evaluation/evaluation.ts';
import { isUsed, type MergeNeeds, type MergeWeight, sum, weightAt } from '../merge-method.ts';
import { ok, refused, short } from './preflight-line.ts';

/**
 * Checks that there are as many adapters as the method merges, and that their weights are numbers it can use.
 * @param names one an adapter, for messages
 * @param layerCount layers of the base, which a list of weights must have; null: not checked
 */
export function checkWeights(
  label: string,
  weights: readonly MergeWeight[],
  { negativeWeights, ignoresWeights, changesSingle, adapters }: MergeNeeds,
  normalized: boolean,
  names: readonly string[],
  layerCount: number | null,
): PreflightLine {
  if (names.length === 0) return refused('weights', 'There is no adapter to merge.', 'Choose adapters to merge.');
  const numbers = weights.flat();
  if (weights.length !== names.length || !numbers.every(Number.isFinite))
    return refused('weights', 'Every adapter needs a weight that is a number.', 'Set the missing weight.');
  const lists = weights.map((weight) => (typeof weight === 'number' ? null : weight.length));
  const wrong = lists.findIndex((length) => length !== null && length !== (layerCount ?? length));
  if (wrong >= 0)
    return refused(
      'weights',
      `${names[wrong]} has ${lists[wrong]} weights by layer, but the base has ${layerCount} layers.`,
      `Give one weight, or ${layerCount}, the first for the layer next to the input.`,
    );
  if (numbers.every((weight) => weight === 0))
    return refused('weights', 'All weights are zero.', 'Raise at least one weight.');
  if (!negativeWeights && numbers.some((weight) => weight < 0))
    return refused(
      'weights',
      `${label} does not support negative weights.`,
      'Use weights of at least zero, or the factor or ΔW average.',
    );
  const { minimum = 1, maximum = Number.POSITIVE_INFINITY } = adapters ?? {};
  const used = weights.filter(isUsed).length;
  // One adapter alone is passed on as it is, as at the ends of an interpolation.
  const passes = used === 1 && !changesSingle;
  if (!passes && (used < minimum || used > maximum)) {
    const count = minimum === maximum ? `${minimum}` : used < minimum ? `at least ${minimum}` : `at most ${maximum}`;
    return refused(
      'weights',
      `${label} merges ${count} ${count.endsWith(' 1') || count === '1' ? 'adapter' : 'adapters'}, not ${used}.`,
      used < minimum ? 'Add an adapter.' : 'Leave adapters out, or choose another method.',
    );
  }
  const layers = lists.some((length) => length !== null) ? Array.from({ length: layerCount ?? 0 }, (_, at) => at) : [];
  const layer = [null, ...layers].find((at) => isVanishing(weights.map((weight) => weightAt(weight, at))));
  if (normalized && layer !== undefined)
    return refused(
      'weights',
      `The weights add up to zero${layer === null ? '' : ` in layer ${layer}`}, so there is no average.`,
      'Change a weight.',
    );
  if (ignoresWeights) return ok('weights', `${label} finds its own weights: those that are given are not used.`);
  const text = weights.map((weight) =>
    typeof weight === 'number' ? short(weight) : `[${weight.map(short).join(', ')}]`,
  );
  const total = layers.length > 0 ? 'by layer' : `sum ${short(sum(weights.map((weight) => weightAt(weight, null))))}`;
  return ok('weights', `Weights: ${text.join(' · ')} (${total}).`);
}

/** Returns true if weights add up to zero without all being zero: a layer with only zeros is left unchanged. */
function isVanishing(weights: readonly number[]): boolean {
  return Math.abs(sum(weights)) < 1e-9 && weights.some((weight) => weight !== 0);
}
