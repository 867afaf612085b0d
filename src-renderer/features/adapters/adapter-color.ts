import type { AdapterRecord } from '../../../src-shared/domain/adapters/adapter.ts';
import { type FigureTheme, seriesColors } from '../../../src-shared/figures/index.ts';

/** The color that an adapter has in every figure: of merges, with CoTo, without; one that is gone has the last. */
export function adapterColor(adapter: Pick<AdapterRecord, 'origin' | 'coto'> | undefined, theme: FigureTheme): string {
  const colors = seriesColors(theme);
  if (adapter?.origin.kind === 'merge') return colors.merged;
  return adapter?.coto ? colors.coto : colors.without;
}
