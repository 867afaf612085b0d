import { StudioError } from '../contract/errors.ts';
import { type MaskChoice, maxExactGroups } from '../domain/evaluation/mask-table.ts';
import { RandomStream } from '../random.ts';
import { gaussLegendre } from './gauss-legendre.ts';

export type SampledChoice = Extract<MaskChoice, { budget: number }>;
/** Choice of masks once the number of groups is known. */
export type ResolvedChoice =
  | Exclude<MaskChoice, { budget: number }>
  | (SampledChoice & { kind: 'permutations' | 'integral' });

/** Nodes of the integral over p where sets are sampled: exact for marginal contributions of degree 7 in p. */
export const sampledNodes = 4;

/** `auto` becomes all masks where that is possible, else permutations. */
export function resolvedChoice(choice: MaskChoice, groups: number): ResolvedChoice {
  if (choice.kind === 'all' || choice.kind === 'list') return choice;
  if (choice.kind !== 'auto') return { ...choice, kind: choice.kind };
  return groups <= maxExactGroups ? { kind: 'all' } : { ...choice, kind: 'permutations' };
}

/**
 * The distinct masks of a choice among `groups` groups, in a fixed order.
 * @throws StudioError refused where there are too many for all of them, or where the budget is too small to sample
 */
export function chosenMasks(given: MaskChoice, groups: number): string[] {
  const choice = resolvedChoice(given, groups);
  switch (choice.kind) {
    case 'all':
      refuseTooMany(groups);
      return Array.from({ length: 2 ** groups }, (_, set) => maskOf(set, groups));
    case 'list':
      return [...new Set(choice.masks)];
    case 'permutations':
      return [...new Set([...plainMasks(groups), ...sampledPermutations(choice, groups).flatMap(prefixMasks)])];
    case 'integral': {
      const sets = sampledSets(choice, groups).flatMap(({ mask }) => [mask, ...neighbors(mask)]);
      return [...new Set([...plainMasks(groups), ...sets])];
    }
  }
}

/** @throws StudioError refused where all masks of the groups are too many */
export function refuseTooMany(groups: number): void {
  if (groups <= maxExactGroups) return;
  throw new StudioError(
    'refused',
    `All masks of ${groups} groups would be 2^${groups} evaluations; exact values are for up to ${maxExactGroups} groups.`,
    'Choose larger groups (unit: layer), or sampling.',
  ).at('unit');
}

/** Mask of the set whose bit i says whether group i is in it. */
export function maskOf(set: number, groups: number): string {
  return Array.from({ length: groups }, (_, group) => ((set >> group) & 1 ? '1' : '0')).join('');
}

/** None and all, each group alone, and all without each: what samples are compared with. */
function plainMasks(groups: number): string[] {
  const [none, all] = ['0'.repeat(groups), '1'.repeat(groups)];
  return [none, all, ...neighbors(none), ...neighbors(all)];
}

/**
 * Seeded permutations, as many as the budget of distinct masks allows, at least two samples. An antithetic pair is a
 * permutation followed by its reverse, and counts as one sample.
 * @throws StudioError refused for a budget that does not allow two samples
 */
export function sampledPermutations({ budget, antithetic, seed }: SampledChoice, groups: number): number[][] {
  const seen = new Set(plainMasks(groups));
  const orders: number[][] = [];
  // Groups have n! orders: with few of them the draws repeat, and masks run out before the budget does.
  const most = 10 * budget;
  for (let draw = 0; draw < most; draw++) {
    const order = RandomStream.numbered(seed, 'study', draw).shuffle(
      Array.from({ length: groups }, (_, group) => group),
    );
    const sample = antithetic ? [order, order.toReversed()] : [order];
    for (const one of sample) for (const mask of prefixMasks(one)) seen.add(mask);
    if (seen.size > budget) break;
    orders.push(...sample);
  }
  if (orders.length >= (antithetic ? 4 : 2)) return orders;
  throw tooSmall(budget, groups, 2 * (antithetic ? 2 : 1) * groups + 2 * groups + 2);
}

/** Sets of each prefix of an order, from none to all: their values' differences are marginal contributions. */
export function prefixMasks(order: readonly number[]): string[] {
  const on = order.map(() => '0');
  const masks = [on.join('')];
  for (const group of order) {
    on[group] = '1';
    masks.push(on.join(''));
  }
  return masks;
}

/** A random set in which each group is with probability p, for one node of the integral over p. */
export interface SampledSet {
  readonly round: number;
  readonly node: number;
  readonly mask: string;
}

/**
 * Seeded random sets for each node of the integral, as many rounds as the budget allows, at least two. An antithetic
 * partner of a set at p is its complement at 1 − p.
 * @throws StudioError refused for a budget that does not allow two rounds
 */
export function sampledSets({ budget, antithetic, seed }: SampledChoice, groups: number): SampledSet[] {
  const { nodes } = gaussLegendre(sampledNodes);
  const rounds = Math.floor((budget - plainMasks(groups).length) / (sampledNodes * (groups + 1)));
  if (rounds < 2) throw tooSmall(budget, groups, 2 * sampledNodes * (groups + 1) + 2 * groups + 2);
  return Array.from({ length: rounds }, (_, round) => round).flatMap((round) =>
    nodes.map((p, node): SampledSet => {
      const mirrored = antithetic && p > 0.5;
      const drawn = mirrored ? nodes.length - 1 - node : node;
      const draws = RandomStream.named(seed, 'study', `set ${round}/${drawn}`);
      const share = nodes[drawn] ?? 0.5;
      const isIn = Array.from({ length: groups }, () => draws.uniform() < share !== mirrored);
      return { round, node, mask: isIn.map((on) => (on ? '1' : '0')).join('') };
    }),
  );
}

/** The masks that differ from this one in one group, in the groups' order. */
export function neighbors(mask: string): string[] {
  return [...mask].map((on, group) => `${mask.slice(0, group)}${on === '1' ? '0' : '1'}${mask.slice(group + 1)}`);
}

function tooSmall(budget: number, groups: number, needed: number): StudioError {
  return new StudioError(
    'refused',
    `A budget of ${budget} masks is too small to sample ${groups} groups: two samples, from which an interval can be made, need up to ${needed}.`,
    'Raise the budget, or choose larger groups (unit: layer).',
  ).at('budget');
}
