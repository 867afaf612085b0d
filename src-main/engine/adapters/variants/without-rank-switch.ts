import type { AdapterVariant } from '../variant/variant.ts';

/** The variant without ranks that a schedule can switch: its training mixes the gradients of all ranks. */
export function withoutRankSwitch(variant: AdapterVariant): AdapterVariant {
  const { ranks: { switchable, ...kept } = {}, ...others } = variant;
  return { ...others, ranks: kept };
}
