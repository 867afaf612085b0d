import type { AdapterRecord } from '../../../src-shared/domain/adapter.ts';
import { rankText } from '../../../src-shared/domain/parameter-values.ts';

export interface AdapterGroup {
  readonly label: string;
  readonly coto: boolean;
  readonly adapters: readonly AdapterRecord[];
}

/** Adapters that differ in their seed only, as far as their records tell: same variant, rank, targets, data and CoTo. */
export function comparableGroups(
  adapters: readonly AdapterRecord[],
  variants: ReadonlyMap<string, string>,
): AdapterGroup[] {
  const groups = new Map<string, AdapterRecord[]>();
  for (const adapter of adapters) {
    const key = JSON.stringify([
      adapter.variant,
      rankText(adapter.parameters),
      adapter.targetModules,
      adapter.datasetId,
      adapter.coto !== null,
    ]);
    const known = groups.get(key);
    if (known) known.push(adapter);
    else groups.set(key, [adapter]);
  }
  return [...groups.values()].map((members) => {
    const [first] = members;
    const variant = variants.get(first?.variant ?? '') ?? first?.variant ?? '';
    const coto = first?.coto != null;
    return { label: coto ? `${variant} + CoTo` : variant, coto, adapters: members };
  });
}

/**
 * The pairs of a λ study over what lies on the bench: any two adapters by themselves, or several groups of exactly two
 * (with and without CoTo), which are then laid over each other. Null where the bench is neither.
 */
export function lambdaPairs(
  adapters: readonly AdapterRecord[],
  variants: ReadonlyMap<string, string>,
): { label: string; coto: boolean; from: AdapterRecord; to: AdapterRecord }[] | null {
  const [first, second] = adapters;
  if (adapters.length === 2 && first && second) {
    const coto = first.coto !== null && second.coto !== null;
    const variant = variants.get(first.variant) ?? first.variant;
    return [{ label: coto ? `${variant} + CoTo` : variant, coto, from: first, to: second }];
  }
  const groups = comparableGroups(adapters, variants);
  if (groups.length === 0 || groups.some((group) => group.adapters.length !== 2)) return null;
  return groups.flatMap(({ label, coto, adapters: [from, to] }) => (from && to ? [{ label, coto, from, to }] : []));
}
